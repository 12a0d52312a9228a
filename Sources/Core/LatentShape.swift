/// Keys and values of all heads made of one vector a token, the latent (multi-head latent attention, DeepSeek-V2,
/// arXiv:2405.04434, section 2.1).
///
/// A head's query meets a key `W · latent` as `Wᵀ · query` meets the latent itself, and its weighted sum of values is
/// its matrix times that of latents. So one key and one value of all heads are stored of a token: the numbers that turn
/// and then the latent, and the latent with zeros behind it. A layer's `AttentionShape` says so: one key-value head of
/// `size` numbers and those that turn.
package struct LatentShape: Hashable, Sendable {
  /// Numbers of the latent.
  package var size: Int
  /// Numbers of the vector that queries of all heads are made of; nil makes them of the layer's input.
  package var querySize: Int?
  /// Numbers of a head's query that do not turn.
  package var plainSize: Int
  /// Numbers of a head's output.
  package var valueSize: Int
  /// Of the latent, and of the vector that queries are made of.
  package var norm: NormKind

  package init(size: Int, querySize: Int?, plainSize: Int, valueSize: Int, norm: NormKind) {
    self.size = size
    self.querySize = querySize
    self.plainSize = plainSize
    self.valueSize = valueSize
    self.norm = norm
  }
}

extension AttentionShape {
  /// Width of the queries of all heads of one token as a matrix makes them.
  package var projectedQuerySize: Int {
    latent.map { queryHeadCount * (headDimension - $0.size + $0.plainSize) } ?? querySize
  }

  /// Width of what a token's heads give to the output projection.
  package var outputSize: Int { latent.map { queryHeadCount * $0.valueSize } ?? querySize }
}
