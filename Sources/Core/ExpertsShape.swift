/// A feed-forward part of many gated parts, the experts. A router chooses a few of them for each token, and their
/// weighted outputs are added, in ascending order of the experts.
package struct ExpertsShape: Hashable, Sendable {
  package var expertCount: Int
  /// Experts that each token is given to; at most `expertCount`.
  package var usedCount: Int
  /// Numbers inside each expert.
  package var size: Int
  package var activation: Activation
  package var router: RouterRule
  /// One more expert, which every token is given to; nil where there is none. Its output is added last.
  package var shared: SharedExpertShape?

  package init(
    expertCount: Int, usedCount: Int, size: Int, activation: Activation = .silu, router: RouterRule,
    shared: SharedExpertShape? = nil
  ) {
    self.expertCount = expertCount
    self.usedCount = usedCount
    self.size = size
    self.activation = activation
    self.router = router
    self.shared = shared
  }

  /// Numbers inside all experts that a token is given to.
  package var activeSize: Int { usedCount * size + (shared?.size ?? 0) }
}

/// A gated part, which reads the norm of the hidden states that the layer's form says, and experts beside it, which
/// read the hidden states by another norm, as their router does by a third. What each of the two gives is normalized,
/// and their sum is the output (Gemma 4).
package struct GatedBesideExpertsShape: Hashable, Sendable {
  /// Rows in the gated part's `gate` and `up`.
  package var size: Int
  package var activation: Activation
  package var experts: ExpertsShape
  package var norm: NormKind

  package init(size: Int, activation: Activation, experts: ExpertsShape, norm: NormKind) {
    self.size = size
    self.activation = activation
    self.experts = experts
    self.norm = norm
  }
}

/// An expert that every token is given to. Several of a family's description are one of their sizes' sum.
package struct SharedExpertShape: Hashable, Sendable {
  /// Numbers inside.
  package var size: Int
  /// Whether its output is multiplied by a number of its own for each token, `sigmoid(w · x)`.
  package var isGated: Bool

  package init(size: Int, isGated: Bool) {
    self.size = size
    self.isGated = isGated
  }
}

/// How a router's scores, `W · x`, become the weights of a token's experts. Those with the largest scores are chosen,
/// the lower index where two are alike.
package struct RouterRule: Hashable, Sendable {
  package enum Weighting: Hashable, Sendable {
    /// Each expert's part in the softmax over all: those of the chosen do not add up to 1.
    case softmaxOfAll
    /// Softmax over the chosen; the same as that over all divided by the sum of the chosen.
    case softmaxOfChosen
    /// `1 / (1 + exp(-score))`, divided by the sum of the chosen where `normalizes`. Where the model has a bias for
    /// choosing, experts are chosen by the sum of it and this.
    case sigmoid(normalizes: Bool)
    /// SparseMixer's, of two experts: each has its part in the softmax over those whose scores come near its own, the
    /// second without the first. An expert with score s comes near the score m where `(m - s) / max(|s|, m)` is at most
    /// `2 * jitter`.
    case sparseMixer(jitter: Float)
  }

  package var weighting: Weighting
  /// Multiplies every weight.
  package var scale: Float
  /// Which experts a token may be given to; nil is all.
  package var groups: RouterGroups?

  package init(_ weighting: Weighting, scale: Float = 1, groups: RouterGroups? = nil) {
    self.weighting = weighting
    self.scale = scale
    self.groups = groups
  }
}

/// Groups of as many neighboring experts each, of which a token's experts are in a few (DeepSeek-V2, arXiv:2405.04434,
/// section 2.2.2, and DeepSeek-V3, arXiv:2412.19437, section 2.1.2). A group counts for what its experts are chosen by:
/// the sum of its two best where the rule is a sigmoid, else its best. The lower group wins where two are alike.
package struct RouterGroups: Hashable, Sendable {
  /// Divides the experts; at most `limit`.
  package var count: Int
  /// Groups that a token's experts are in; they have enough of them.
  package var usedCount: Int

  package static let limit = 64

  package init(count: Int, usedCount: Int) {
    self.count = count
    self.usedCount = usedCount
  }
}
