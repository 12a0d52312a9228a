package import Core

/// Which stages must read a sequence again under a new plan, decided from what each says it still has.
///
/// A stage that lacks the sequence is rebuilt from its inputs: the coordinator's tokens for the first stage, else the
/// log of the stage before it. Where that log does not reach, the stage before is rebuilt as well, and so on up to one
/// whose log does, or to the tokens. What comes after the last rebuilt stage keeps its cache in any case.
package struct RecoveryChoice: Sendable {
  private let held: [[SequenceID: ResidentSequence]]

  /// - Parameter held: of every stage of the plan, in pipeline order; empty for one that has just got its layers.
  package init(held: [[ResidentSequence]]) {
    self.held = held.map { stage in
      // Said twice, the lesser counts.
      Dictionary(stage.map { ($0.sequence, $0) }) { $0.length < $1.length ? $0 : $1 }
    }
  }

  /// Whether any stage has anything.
  package var hasAny: Bool { held.contains { !$0.isEmpty } }

  /// A sequence of no length has nothing to keep: every stage is rebuilt.
  package func rebuilding(_ sequence: SequenceID, length: Int) -> StageSet {
    guard length > 0 else { return StageSet(held.indices) }
    var rebuilding = StageSet()
    for stage in held.indices.reversed() {
      let own = held[stage][sequence]
      let isAsked = rebuilding.contains(stage + 1) && (own?.loggedCount ?? 0) < length
      if (own?.length ?? 0) < length || isAsked { rebuilding.insert(stage) }
    }
    return rebuilding
  }
}
