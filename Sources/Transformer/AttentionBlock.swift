import Attention
import Core
import Paging
import Tensors
import Weights

/// The attention part of a layer: projections to queries, keys and values, attention, projection of the heads' output.
struct AttentionBlock {
  let scratch: ForwardScratch
  let product: MatrixProduct
  let attention: SelfExtendAttention

  /// `scratch.output = attention(scratch.normed)`, and the layer's cache grows by the rows.
  /// - Parameter layer: index counted from the stage's first.
  func forward(
    layer: Int, shape: AttentionShape, weights: AttentionWeights<PackedMatrix>, entries: [CacheEntry], rows: Int
  ) {
    product(
      scratch.normed.baseAddress, rows: rows,
      MatrixProduct.Term(linear: weights.query, output: scratch.queries.baseAddress),
      MatrixProduct.Term(linear: weights.key, output: scratch.keys.baseAddress),
      MatrixProduct.Term(linear: weights.value, output: scratch.values.baseAddress))
    attention.attend(
      layer: layer, entries: entries, queries: scratch.queries.baseAddress, keys: scratch.keys.baseAddress,
      values: scratch.values.baseAddress, norms: norms(shape, weights), output: scratch.attended.baseAddress)
    product(
      scratch.attended.baseAddress, rows: rows,
      MatrixProduct.Term(linear: weights.output, output: scratch.output))
  }

  private func norms(_ shape: AttentionShape, _ weights: AttentionWeights<PackedMatrix>) -> HeadNorms? {
    guard let kind = shape.headNorm, let query = weights.queryNorm, let key = weights.keyNorm else { return nil }
    return HeadNorms(kind, query: query, key: key)
  }
}
