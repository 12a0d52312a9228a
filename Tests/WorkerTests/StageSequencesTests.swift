import Core
import Paging
import Testing
import Wire

@testable import Worker

@Suite("What a stage admits of a frame")
struct StageSequencesTests {
  private let plain = SelfExtendPolicy(groupSize: 1, neighborWindow: 0, trainedLength: 64)
  private let grouped = SelfExtendPolicy(groupSize: 2, neighborWindow: 16, trainedLength: 64)

  private func sequences() -> StageSequences {
    StageSequences(pageCount: 4, vocabularySize: 10, contextLength: 100, isLast: true)
  }

  private func entry(
    _ sequence: UInt64, start: Int, tokens: [TokenID], pages: [UInt32] = [], policy: SelfExtendPolicy?,
    opens: Bool = false
  ) throws -> ForwardEntry {
    ForwardEntry(
      sequence: SequenceID(sequence), startPosition: start, tokens: tokens, newPages: pages.map { PageID($0) },
      policy: try #require(policy), opening: opens ? SequenceStart(sampling: .greedy, promptTokenCount: 3) : nil)
  }

  @Test("a sequence is opened, continued where it stands, and forgotten when released")
  func life() throws {
    var held = sequences()
    _ = held.admit([try entry(1, start: 0, tokens: [1, 2, 3], pages: [0], policy: plain, opens: true)], stage: 0)
    let next = held.admit([try entry(1, start: 3, tokens: [4], policy: plain)], stage: 0).rows
    #expect(next[0].rows == 0..<1)
    held.release([SequenceID(1), SequenceID(99)])
    #expect(held.count == 0)
  }

  @Test("another policy, another position, an unknown sequence, or a second opening is refused in words")
  func refusals() throws {
    var held = sequences()
    _ = held.admit([try entry(1, start: 0, tokens: [1, 2], pages: [0], policy: plain, opens: true)], stage: 0)
    let refused: [(ForwardEntry, String)] = [
      (try entry(1, start: 2, tokens: [3], policy: grouped), "policy"),
      (try entry(1, start: 5, tokens: [3], policy: plain), "position 5"),
      (try entry(2, start: 0, tokens: [3], pages: [1], policy: plain), "not opened"),
      (try entry(1, start: 0, tokens: [3], pages: [1], policy: plain, opens: true), "opened twice"),
      (try entry(1, start: 2, tokens: [10], policy: plain), "vocabulary"),
      (try entry(1, start: 2, tokens: [-1], policy: plain), "vocabulary"),
      (try entry(3, start: 0, tokens: [1], pages: [4], policy: plain, opens: true), "page 4"),
      (try entry(3, start: 0, tokens: [1], policy: plain, opens: true), "0 pages"),
      (try entry(3, start: 0, tokens: [1], pages: [1], policy: grouped, opens: true), "neighbor pages"),
      (try entry(1, start: 2, tokens: Array(repeating: 1, count: 99), pages: [1], policy: plain), "context of 100"),
    ]
    for (entry, words) in refused {
      let refusal = held.admit([entry], stage: 0).refusals.first
      #expect(refusal?.description.contains(words) == true, "\(refusal?.description ?? "") should say \(words)")
    }
  }

  @Test("an entry that is refused disturbs neither its own sequence nor the others")
  func eachForItself() throws {
    var held = sequences()
    _ = held.admit([try entry(1, start: 0, tokens: [1], pages: [0], policy: plain, opens: true)], stage: 0)
    let mixed = held.admit(
      [
        try entry(2, start: 1, tokens: [2, 3], policy: plain), try entry(1, start: 1, tokens: [2], policy: plain),
        try entry(1, start: 9, tokens: [2], policy: plain),
      ], stage: 0)
    #expect(mixed.refusals.map(\.sequence) == [SequenceID(2), SequenceID(1)])
    #expect(mixed.rows.map(\.rows) == [0..<1], "rows follow each other without gaps")
    #expect(held.admit([try entry(1, start: 2, tokens: [2], policy: plain)], stage: 0).refusals.isEmpty)
  }

  @Test("under another plan a sequence is cut to where all stages have it; the others are forgotten")
  func resumed() throws {
    var held = sequences()
    for sequence in [1, 2, 3] as [UInt64] {
      _ = held.admit(
        [
          try entry(sequence, start: 0, tokens: [1, 2, 3, 4], pages: [UInt32(sequence)], policy: plain, opens: true)
        ], stage: 0)
    }
    let said = held.all { $0 == SequenceID(1) ? 4 : 0 }
    #expect(said.map(\.length) == [4, 4, 4] && said.map(\.loggedCount) == [4, 0, 0])
    _ = try held.resume(
      [
        ResumedSequence(sequence: SequenceID(1), length: 3, rebuilding: StageSet([1])),
        ResumedSequence(sequence: SequenceID(2), length: 4, rebuilding: StageSet([0])),
      ], stage: 0)
    #expect(held.all { _ in 0 }.map(\.sequence) == [SequenceID(1)], "one is to be rebuilt here, one has ended")
    #expect(!held.admit([try entry(1, start: 4, tokens: [5], policy: plain)], stage: 0).refusals.isEmpty)
    #expect(held.admit([try entry(1, start: 3, tokens: [5], policy: plain)], stage: 0).refusals.isEmpty)
    #expect(
      held.admit([try entry(2, start: 0, tokens: [1], pages: [2], policy: plain, opens: true)], stage: 0).refusals
        .isEmpty)
  }

  @Test("a sequence that is to go on but is not here, or not that far, is said to be missing")
  func notHeld() throws {
    var held = sequences()
    _ = held.admit([try entry(1, start: 0, tokens: [1, 2], pages: [0], policy: plain, opens: true)], stage: 0)
    for (sequence, length) in [(1, 3), (2, 1)] as [(UInt64, Int)] {
      #expect(throws: FrameRefusal.self) {
        try held.resume(
          [ResumedSequence(sequence: SequenceID(sequence), length: length, rebuilding: StageSet())], stage: 0)
      }
    }
  }
}
