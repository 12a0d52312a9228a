/// How many numbers a row has in each buffer of a stage's step: as many as in the widest of its layers.
package struct StepWidths: Hashable, Sendable {
  package let hidden: Int
  /// Where a layer has parts beside each other; else 0.
  package let kept: Int
  package let queries: Int
  package let keyValues: Int
  /// Of an intermediate of the feed-forward part, or of what weighs a layer's own input.
  package let feedForward: Int
  /// Of a layer's own input of the token; 0 where no layer has any.
  package let perLayerInput: Int
  package let experts: ExpertWidths?
  package let latents: LatentWidths?

  package init(layers: some Sequence<LayerShape>, hiddenSize: Int) {
    func widest(_ size: (LayerShape) -> Int) -> Int { layers.map(size).max() ?? 0 }
    hidden = hiddenSize
    kept = layers.contains(where: \.hasPartsBesideEachOther) ? hiddenSize : 0
    queries = widest(\.attention.widestQuerySize)
    keyValues = widest(\.attention.keyValueSize)
    feedForward = widest { max($0.feedForward.size, $0.perLayerInputSize) }
    perLayerInput = widest(\.perLayerInputSize)
    experts = ExpertWidths(layers.compactMap(\.feedForward.experts), hiddenSize: hiddenSize)
    latents = LatentWidths(layers.map(\.attention).filter { $0.latent != nil })
  }

  /// The token and its embedding, where layers have inputs of their own.
  private var token: Int { perLayerInput > 0 ? 1 + hidden : 0 }

  /// Bytes of a row in all buffers.
  var rowByteCount: Int {
    4 * (2 * hidden + kept + 2 * queries + 2 * keyValues + 2 * feedForward + perLayerInput + token)
      + (experts?.rowByteCount ?? 0) + (latents?.rowByteCount ?? 0)
  }
}

/// The same of what experts need besides.
package struct ExpertWidths: Hashable, Sendable {
  package let expertCount: Int
  /// Experts that a row is given to.
  package let usedCount: Int
  /// Inputs or outputs of them, the shared one's too.
  package let grouped: Int

  /// - Parameter shapes: nil is made of none.
  init?(_ shapes: [ExpertsShape], hiddenSize: Int) {
    guard !shapes.isEmpty else { return nil }
    func most(_ count: (ExpertsShape) -> Int) -> Int { shapes.map(count).max() ?? 0 }
    (expertCount, usedCount) = (most(\.expertCount), most(\.usedCount))
    grouped = most { $0.usedCount + ($0.shared == nil ? 0 : 1) } * hiddenSize
  }

  /// Scores, the experts with their weights and places, and what is grouped.
  fileprivate var rowByteCount: Int { 4 * (expertCount + 1 + 4 * usedCount + grouped) }
}

/// The same of what latents need besides.
package struct LatentWidths: Hashable, Sendable {
  package let queryLatents: Int
  package let latents: Int
  package let heads: Int
  package let headCount: Int

  /// - Parameter shapes: nil is made of none.
  init?(_ shapes: [AttentionShape]) {
    guard !shapes.isEmpty else { return nil }
    func most(_ count: (AttentionShape) -> Int) -> Int { shapes.map(count).max() ?? 0 }
    queryLatents = most { $0.latent?.querySize ?? 0 }
    latents = most(\.headDimension)
    heads = most { max($0.projectedQuerySize, $0.outputSize) }
    headCount = most(\.queryHeadCount)
  }

  fileprivate var rowByteCount: Int { 4 * (queryLatents + latents + heads) }
}

extension LayerShape {
  fileprivate var hasPartsBesideEachOther: Bool {
    if case .gatedBesideExperts = feedForward { return true }
    return residual.isParallel
  }
}

extension AttentionShape {
  /// Numbers of a token in the widest form that queries, or what heads give, take on their way.
  fileprivate var widestQuerySize: Int {
    latent.map { queryHeadCount * max(headDimension, $0.plainSize, $0.valueSize) } ?? querySize
  }
}
