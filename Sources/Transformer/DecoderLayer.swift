import Attention
import CKernels
import Inference
import Tensors
import Weights

/// One pre-norm decoder layer: attention and a gated feed-forward block, each added to the hidden states.
///
/// It has no weights of its own: the stage runs the same steps over each layer's views.
struct DecoderLayer {
  let configuration: ModelConfiguration
  let scratch: ForwardScratch
  let product: MatrixProduct
  let attention: SelfExtendAttention
  let pool: ComputePool

  /// Runs `rows` rows of `scratch.hidden` through one layer in place.
  /// - Parameter layer: index counted from the stage's first.
  func forward(layer: Int, weights: LayerWeights, entries: [AttentionEntry], rows: Int) {
    normalize(weights.attentionNorm, rows: rows)
    let normed = UnsafePointer(scratch.normed.baseAddress)
    product(weights.query, normed, scratch.queries.baseAddress, rows: rows)
    product(weights.key, normed, scratch.keys.baseAddress, rows: rows)
    product(weights.value, normed, scratch.values.baseAddress, rows: rows)
    attention.attend(
      layer: layer, entries: entries, queries: scratch.queries.baseAddress, keys: scratch.keys.baseAddress,
      values: scratch.values.baseAddress, output: scratch.attended.baseAddress)
    product(weights.output, scratch.attended.baseAddress, scratch.normed.baseAddress, rows: rows)
    addToHidden(rows: rows)

    normalize(weights.feedForwardNorm, rows: rows)
    product(weights.gate, normed, scratch.gate.baseAddress, rows: rows)
    product(weights.up, normed, scratch.up.baseAddress, rows: rows)
    activate(rows: rows)
    product(weights.down, scratch.gate.baseAddress, scratch.normed.baseAddress, rows: rows)
    addToHidden(rows: rows)
  }

  /// `scratch.normed = RMSNorm(scratch.hidden)`.
  private func normalize(_ norm: [Float], rows: Int) {
    let (hidden, normed) = (scratch.hidden.baseAddress, scratch.normed.baseAddress)
    let size = configuration.hiddenSize
    pool.forEachSlice(of: rows, granularity: 1) { slice, _ in
      for row in slice {
        lh_rmsnorm(hidden + row * size, norm, configuration.normEpsilon, normed + row * size, Int64(size))
      }
    }
  }

  /// `scratch.gate = SiLU(scratch.gate) * scratch.up`.
  private func activate(rows: Int) {
    let (gate, up) = (scratch.gate.baseAddress, scratch.up.baseAddress)
    pool.forEachSlice(of: rows * configuration.feedForwardSize, granularity: 1024) { slice, _ in
      lh_silu_multiply(gate + slice.lowerBound, up + slice.lowerBound, Int64(slice.count))
    }
  }

  /// `scratch.hidden += scratch.normed`.
  private func addToHidden(rows: Int) {
    let (hidden, normed) = (scratch.hidden.baseAddress, scratch.normed.baseAddress)
    pool.forEachSlice(of: rows * configuration.hiddenSize, granularity: 1024) { slice, _ in
      lh_add(hidden + slice.lowerBound, normed + slice.lowerBound, Int64(slice.count))
    }
  }
}
