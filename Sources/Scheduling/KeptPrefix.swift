package import Core

/// Names a kept prefix. A scheduler never gives an id twice.
package struct PrefixID: Hashable, Sendable, Comparable {
  package let rawValue: UInt64
  package static func < (left: PrefixID, right: PrefixID) -> Bool { left.rawValue < right.rawValue }
}

/// The first full pages of a sequence, kept for sequences that begin with the same tokens under the same policy. Under
/// another policy the stages would store other keys.
package struct KeptPrefix: Hashable, Sendable {
  package let policy: SelfExtendPolicy
  package let tokens: [TokenID]
  /// One for `Limits.pageSize` of the tokens.
  package let pages: [PageID]

  /// The pages that a request can open on: those whose tokens its prompt begins with. At least one token of the prompt
  /// is left to compute, and all whose rows are scored or pooled.
  func pages(for request: ScheduledRequest) -> ArraySlice<PageID> {
    guard request.policy == policy, request.pooling != .mean else { return [] }
    var limit = request.prompt.count - 1
    if let from = request.generation.scoresPromptFrom { limit = min(limit, from - 1) }
    let common = zip(tokens, request.prompt.prefix(limit)).prefix { $0 == $1 }.count
    return pages.prefix(common / Limits.pageSize)
  }
}

extension Scheduler {
  /// Keeps the full pages that all stages have computed of a running sequence, until `dropPrefix`. Requests go before
  /// what is merely kept: a prefix is dropped, oldest first, when a request needs its pages, and every one is when the
  /// plan ends. Returns nil when there is no such page.
  package mutating func keepPrefix(of sequence: SequenceID) -> PrefixID? { sequences.keepPrefix(of: sequence) }

  /// Unknown ids are ignored.
  package mutating func dropPrefix(_ id: PrefixID) { sequences.dropPrefix(id) }

  /// Nil when it was dropped.
  package func prefix(_ id: PrefixID) -> KeptPrefix? { sequences.prefixes[id] }

  /// Proposes tokens to follow a sequence's newest one. Its next decode computes those that the step has room for, and
  /// keeps them as long as they are what is sampled: answers do not depend on them. Ignored unless the sequence waits
  /// for its next decode.
  package mutating func propose(_ draft: [TokenID], for sequence: SequenceID) {
    sequences.update(sequence) { $0.propose(draft) }
  }
}
