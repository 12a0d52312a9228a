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
  let pool: ComputePool

  /// `scratch.output = attention(scratch.normed)`, and the layer's cache grows by the rows, where it has one.
  /// - Parameter layer: index counted from the stage's first.
  func forward(
    layer: Int, shape: AttentionShape, weights: AttentionWeights<PackedMatrix>, entries: [CacheEntry], rows: Int
  ) {
    let latent = latentAttention(shape)
    switch weights.input {
    case .heads(let query, let key, let value):
      product(
        scratch.normed.baseAddress, rows: rows,
        MatrixProduct.Term(linear: query, output: scratch.queries.baseAddress),
        MatrixProduct.Term(linear: key, output: scratch.keys.baseAddress),
        value.map { MatrixProduct.Term(linear: $0, output: scratch.values.baseAddress) })
    case .queries(let query):
      product(
        scratch.normed.baseAddress, rows: rows,
        MatrixProduct.Term(linear: query, output: scratch.queries.baseAddress))
    case .latent(let weights): latent?.project(weights, rows: rows)
    }
    if shape.valuesAreKeys {
      scratch.values.baseAddress.update(from: scratch.keys.baseAddress, count: rows * shape.keyValueSize)
    }
    if let kind = shape.valueNorm, let norm = weights.valueNorm {
      normalize(scratch.values.baseAddress, kind, norm, rows: rows * shape.keyValueHeadCount)
    }
    if case .rows(let kind) = shape.queryKeyNorm { normalizeRows(kind, weights, rows: rows) }
    attention.attend(
      layer: layer, entries: entries, queries: scratch.queries.baseAddress, keys: scratch.keys.baseAddress,
      values: scratch.values.baseAddress, norms: headNorms(shape, weights), sinks: weights.sinks,
      output: scratch.attended.baseAddress)
    if case .latent(let weights) = weights.input { latent?.expand(weights, rows: rows) }
    product(
      scratch.attended.baseAddress, rows: rows,
      MatrixProduct.Term(linear: weights.output, output: scratch.output))
  }

  private func latentAttention(_ shape: AttentionShape) -> LatentAttention? {
    guard let latent = shape.latent else { return nil }
    guard let own = scratch.latent else { preconditionFailure("no room was made for latents") }
    return LatentAttention(scratch: scratch, own: own, product: product, pool: pool, shape: shape, latent: latent)
  }

  /// The norms that attention applies to each head before it turns it.
  private func headNorms(_ shape: AttentionShape, _ weights: AttentionWeights<PackedMatrix>) -> HeadNorms? {
    guard let query = weights.queryNorm else { return nil }
    switch shape.queryKeyNorm {
    case .heads(let kind), .eachHead(let kind):
      return HeadNorms(kind, query: query, key: weights.keyNorm, headDimension: shape.headDimension)
    case .rows, nil: return nil
    }
  }

  /// Normalizes all heads of a token as one vector, in place: `scratch.queries` and `scratch.keys`.
  private func normalizeRows(_ kind: NormKind, _ weights: AttentionWeights<PackedMatrix>, rows: Int) {
    guard let query = weights.queryNorm, let key = weights.keyNorm else {
      preconditionFailure("the layer's shape asks for norms of queries and keys")
    }
    normalize(scratch.queries.baseAddress, kind, query, rows: rows)
    normalize(scratch.keys.baseAddress, kind, key, rows: rows)
  }

  private func normalize(
    _ vectors: UnsafeMutablePointer<Float>, _ kind: NormKind, _ norm: NormWeights, rows: Int
  ) {
    let size = norm.weights.count
    pool.forEachSlice(of: rows, granularity: 1) { slice, _ in
      for row in slice { kind.apply(to: vectors + row * size, norm, into: vectors + row * size) }
    }
  }
}
