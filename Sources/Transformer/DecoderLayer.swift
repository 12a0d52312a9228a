import Attention
import Core
import Paging
import Tensors
import Weights

/// One decoder layer: in which order its parts run, and how they are added to the hidden states.
///
/// It has no weights of its own: the stage runs the same steps over each layer's views.
struct DecoderLayer {
  let norm: Norm
  let attention: AttentionBlock
  let feedForward: FeedForward
  let residual: Residual
  let perLayerInput: PerLayerInput

  /// Runs `rows` rows of `scratch.hidden` through one layer in place.
  /// - Parameter layer: index counted from the stage's first.
  func forward(
    layer: Int, shape: LayerShape, weights: LayerWeights<PackedMatrix>, entries: [CacheEntry], rows: Int
  ) {
    func attend() {
      attention.forward(layer: layer, shape: shape.attention, weights: weights.attention, entries: entries, rows: rows)
    }
    func feed() { feedForward.forward(shape.feedForward, weights.feedForward, rows: rows) }
    func addOutput() { residual.add(scale: shape.residualScale, rows: rows) }
    func normalize(_ weights: NormWeights) { norm.normalize(shape.norm, weights, rows: rows) }
    func normalizeOutput(_ weights: NormWeights) { norm.normalizeOutput(shape.norm, weights, rows: rows) }

    switch weights.norms {
    case .preNorm(let attentionNorm, let feedForwardNorm):
      normalize(attentionNorm)
      attend()
      addOutput()
      normalize(feedForwardNorm)
      feed()
      addOutput()
    case .postNorm(let attentionNorm, let feedForwardNorm):
      norm.passHidden(rows: rows)
      attend()
      normalizeOutput(attentionNorm)
      addOutput()
      norm.passHidden(rows: rows)
      feed()
      normalizeOutput(feedForwardNorm)
      addOutput()
    case .sandwich(let attentionNorms, let feedForwardNorms):
      normalize(attentionNorms.before)
      attend()
      normalizeOutput(attentionNorms.after)
      addOutput()
      normalize(feedForwardNorms.before)
      feed()
      normalizeOutput(feedForwardNorms.after)
      addOutput()
    case .parallel(let sharedNorm):
      normalize(sharedNorm)
      norm.keep(rows: rows)
      attend()
      addOutput()
      norm.takeKept(rows: rows)
      feed()
      addOutput()
    case .parallelNorms(let attentionNorm, let feedForwardNorm):
      normalize(feedForwardNorm)
      norm.keep(rows: rows)
      normalize(attentionNorm)
      attend()
      addOutput()
      norm.takeKept(rows: rows)
      feed()
      addOutput()
    }
    if let weights = weights.perLayerInput { perLayerInput.forward(shape, weights, rows: rows) }
    if let scale = weights.outputScale { residual.scaleHidden(by: scale, rows: rows) }
  }
}
