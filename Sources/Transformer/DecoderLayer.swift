import Attention
import Core
import Paging
import Weights

/// One decoder layer: in which order its parts run, and how they are added to the hidden states.
///
/// It has no weights of its own: the stage runs the same steps over each layer's views.
struct DecoderLayer {
  let norm: Norm
  let attention: AttentionBlock
  let feedForward: FeedForward
  let residual: Residual

  /// Runs `rows` rows of `scratch.hidden` through one layer in place.
  /// - Parameter layer: index counted from the stage's first.
  func forward(
    layer: Int, shape: LayerShape, weights: LayerWeights<PackedMatrix>, entries: [CacheEntry], rows: Int
  ) {
    switch shape.residual {
    case .preNorm:
      norm.normalize(shape.norm, weights.attentionNorm, rows: rows)
      attention.forward(layer: layer, shape: shape.attention, weights: weights.attention, entries: entries, rows: rows)
      residual.add(rows: rows)
      norm.normalize(shape.norm, weights.feedForwardNorm, rows: rows)
      feedForward.forward(shape.feedForward, weights.feedForward, rows: rows)
      residual.add(rows: rows)
    }
  }
}
