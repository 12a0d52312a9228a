package import Tensors

/// The weights of attention over latents (`LatentShape`), its matrices in one form or another.
package struct LatentWeights<Matrix: Sendable>: Sendable {
  /// The vector that queries are made of, where the shape has one.
  package let queryLatent: LatentVector<Matrix>?
  /// `[queryHeads * (plain + turning), hidden]`, or as many columns as that vector has: each head's plain numbers come
  /// before those that turn.
  package let query: Linear<Matrix>
  /// `[latent + turning, hidden]`: the latent, which is normalized, before the numbers that turn.
  package let latent: LatentVector<Matrix>
  /// One a head, `[latent, plain]`, of one type: what makes a query's plain numbers meet a latent.
  package let keys: [Linear<Matrix>]
  /// One a head, `[value, latent]`, of one type.
  package let values: [Linear<Matrix>]

  var matrices: [Matrix] {
    ([queryLatent?.linear, query, latent.linear].compactMap { $0 } + keys + values).map(\.weight)
  }

  func map<Other: Sendable>(_ transform: (Matrix) -> Other) -> LatentWeights<Other> {
    LatentWeights<Other>(
      queryLatent: queryLatent?.map(transform), query: query.map(transform), latent: latent.map(transform),
      keys: keys.map { $0.map(transform) }, values: values.map { $0.map(transform) })
  }
}

/// What makes a vector of a layer's input, and its norm.
package struct LatentVector<Matrix: Sendable>: Sendable {
  package let linear: Linear<Matrix>
  package let norm: NormWeights

  func map<Other: Sendable>(_ transform: (Matrix) -> Other) -> LatentVector<Other> {
    LatentVector<Other>(linear: linear.map(transform), norm: norm)
  }
}
