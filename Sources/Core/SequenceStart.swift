/// What the stages keep of a sequence from its first entry to its release.
package struct SequenceStart: Hashable, Sendable {
  package var sampling: SamplingParameters
  /// What the tokens after the prompt must spell.
  package var constraint: TextConstraint?
  /// Pages of the ring of neighbor keys; empty under a policy that does not group.
  package var neighborPages: [PageID]
  /// Tokens of the prompt, at least 1. What comes after them was generated, also when it is computed again after a
  /// loss.
  package var promptTokenCount: Int
  /// The tokens that the sequence begins with instead of computing them; its first entry starts after them.
  package var cachedPrefix: CachedPrefix?
  /// Where layers keep what is no pages of keys and values. No layer does so yet: a stage refuses a sequence with a
  /// slot.
  package var stateSlot: StateSlot?

  package init(
    sampling: SamplingParameters, constraint: TextConstraint? = nil, neighborPages: [PageID] = [],
    promptTokenCount: Int, cachedPrefix: CachedPrefix? = nil, stateSlot: StateSlot? = nil
  ) {
    self.sampling = sampling
    self.constraint = constraint
    self.neighborPages = neighborPages
    self.promptTokenCount = promptTokenCount
    self.cachedPrefix = cachedPrefix
    self.stateSlot = stateSlot
  }

  /// Whether the last stage needs the sequence's tokens to sample more.
  package var needsTokens: Bool { sampling.needsTokens || constraint != nil }
}

/// Full pages that every stage has filled: for the same tokens, from the first one on, under the same policy. Nothing
/// writes other bytes to them while they have a holder.
package struct CachedPrefix: Hashable, Sendable {
  package var pages: [PageID]
  /// The tokens in the pages, where the last stage needs them to sample; else empty.
  package var tokens: [TokenID]

  package init(pages: [PageID], tokens: [TokenID] = []) {
    self.pages = pages
    self.tokens = tokens
  }

  package var tokenCount: Int { pages.count * Limits.pageSize }
}

/// A place for one sequence's state in each layer whose state is not pages of keys and values.
package struct StateSlot: Hashable, Sendable {
  package let rawValue: UInt32
  package init(_ rawValue: UInt32) { self.rawValue = rawValue }
}
