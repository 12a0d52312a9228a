import CWire
import Core

extension ResidentSequence {
  func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__ResidentSequence> {
    arena.make(longhaul__resident_sequence__init) {
      $0.sequence = sequence.rawValue
      $0.length = Int64(length)
      $0.logged_count = Int64(loggedCount)
    }
  }

  init(_ raw: borrowing Longhaul__ResidentSequence) throws(WireError) {
    self.init(
      sequence: SequenceID(raw.sequence), length: try Field.position(raw.length, "length"),
      loggedCount: try Field.position(raw.logged_count, "logged_count"))
  }
}

extension ResumedSequence {
  func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__ResumedSequence> {
    arena.make(longhaul__resumed_sequence__init) {
      $0.sequence = sequence.rawValue
      $0.length = Int64(length)
      $0.rebuilding_stages = rebuilding.rawValue
    }
  }

  init(_ raw: borrowing Longhaul__ResumedSequence) throws(WireError) {
    self.init(
      sequence: SequenceID(raw.sequence), length: try Field.integer(raw.length, "length", 1...Limits.maximumContext),
      rebuilding: StageSet(rawValue: raw.rebuilding_stages))
  }
}
