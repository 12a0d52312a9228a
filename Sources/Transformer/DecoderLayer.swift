import Attention
import CKernels
import Inference
import Paging
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
  func forward(layer: Int, weights: LayerWeights<PackedMatrix>, entries: [CacheEntry], rows: Int) {
    normalize(weights.attentionNorm, rows: rows)
    let normed = UnsafePointer(scratch.normed.baseAddress)
    product(
      normed, rows: rows, MatrixProduct.Term(weights: weights.query, output: scratch.queries.baseAddress),
      MatrixProduct.Term(weights: weights.key, output: scratch.keys.baseAddress),
      MatrixProduct.Term(weights: weights.value, output: scratch.values.baseAddress))
    attention.attend(
      layer: layer, entries: entries, queries: scratch.queries.baseAddress, keys: scratch.keys.baseAddress,
      values: scratch.values.baseAddress, output: scratch.attended.baseAddress)
    product(
      scratch.attended.baseAddress, rows: rows,
      MatrixProduct.Term(weights: weights.output, output: scratch.normed.baseAddress))
    addToHidden(rows: rows)

    normalize(weights.feedForwardNorm, rows: rows)
    product(
      normed, rows: rows, MatrixProduct.Term(weights: weights.gate, output: scratch.gate.baseAddress),
      MatrixProduct.Term(weights: weights.up, output: scratch.up.baseAddress))
    activate(rows: rows)
    product(
      scratch.gate.baseAddress, rows: rows,
      MatrixProduct.Term(weights: weights.down, output: scratch.normed.baseAddress))
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
