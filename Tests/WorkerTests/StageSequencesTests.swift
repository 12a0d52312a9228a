import Core
import Paging
import Testing
import Transformer
import Wire

@testable import Worker

@Suite("What a stage admits of a frame")
struct StageSequencesTests {
  private let plain = PositionPolicy(groupSize: 1, neighborWindow: 0, trainedLength: 64)
  private let grouped = PositionPolicy(groupSize: 2, neighborWindow: 16, trainedLength: 64)

  private func sequences() -> StageSequences {
    StageSequences(pageCount: 4, vocabularySize: 10, contextLength: 100, isLast: true)
  }

  private func entry(
    _ sequence: UInt64, start: Int, tokens: [TokenID], pages: [UInt32] = [], policy: PositionPolicy?,
    opens: Bool = false
  ) throws -> StepEntry {
    StepEntry(
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
    let refused: [(StepEntry, String)] = [
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

  @Test("an entry that starts before the end cuts what the sequence has from there on")
  func cuts() throws {
    var held = sequences()
    _ = held.admit([try entry(1, start: 0, tokens: [1, 2, 3, 4], pages: [0], policy: plain, opens: true)], stage: 0)
    let next = held.admit([try entry(1, start: 2, tokens: [5], policy: plain)], stage: 0)
    #expect(next.refusals.isEmpty && next.rows.first?.cache?.startPosition == 2)
    #expect(held.all { _ in 0 }.map(\.length) == [3])
    #expect(!held.admit([try entry(1, start: 0, tokens: [1], pages: [9], policy: plain)], stage: 0).refusals.isEmpty)
    #expect(held.all { _ in 0 }.map(\.length) == [3], "a refused entry cuts nothing")
  }

  @Test("penalties see of a cut sequence, and of a row in an entry, only the tokens before")
  func penalized() throws {
    var sampling = SamplingParameters.greedy
    sampling.frequencyPenalty = 1
    var first = try entry(1, start: 0, tokens: [1, 2, 3, 4], pages: [0], policy: plain, opens: true)
    first.opening?.sampling = sampling
    var held = sequences()
    _ = held.admit([first], stage: 0)
    _ = held.admit([try entry(1, start: 4, tokens: [5, 5, 6], policy: plain)], stage: 0)
    func history(_ tokens: [TokenID], promptCount: Int = 3) -> TokenHistory {
      var history = TokenHistory()
      history.append(tokens.prefix(promptCount), generated: false)
      history.append(tokens.dropFirst(promptCount), generated: true)
      return history
    }
    #expect(held.sampling(of: SequenceID(1), behind: 0)?.history == history([1, 2, 3, 4, 5, 5, 6]))
    #expect(held.sampling(of: SequenceID(1), behind: 2)?.history == history([1, 2, 3, 4, 5]))
    _ = held.admit([try entry(1, start: 5, tokens: [7], policy: plain)], stage: 0)
    #expect(held.sampling(of: SequenceID(1), behind: 0)?.history == history([1, 2, 3, 4, 5, 7]))
  }

  /// Opens sequence 2 on page 0, whose tokens are all 1.
  private func cached(start: Int = 64, _ change: (inout SequenceStart) -> Void = { _ in }) throws -> StepEntry {
    var entry = try entry(2, start: start, tokens: [3], pages: [1], policy: plain, opens: true)
    entry.opening?.cachedPrefix = CachedPrefix(pages: [PageID(0)])
    if var opening = entry.opening {
      change(&opening)
      entry.opening = opening
    }
    return entry
  }

  @Test("a sequence opens on cached pages, and nothing is written there")
  func cachedPages() throws {
    var held = sequences()
    let opened = held.admit([try cached()], stage: 0)
    #expect(opened.refusals.isEmpty && opened.rows.first?.cache?.startPosition == 64)
    #expect(opened.restorations.isEmpty, "keys have one view")
    let inside = held.admit([try entry(2, start: 63, tokens: [1], policy: plain)], stage: 0).refusals
    #expect(inside.first?.description.contains("inside its 64 cached tokens") == true)
    for (entry, words) in [
      (try cached(start: 65), "position 65"), (try cached(start: 63), "inside"),
      (try cached { $0.cachedPrefix?.pages = [PageID(4)] }, "page 4"),
      (try cached { $0.stateSlot = StateSlot(0) }, "state slot"),
      (try cached { $0.sampling.presencePenalty = 1 }, "lacks the tokens"),
      (
        try cached {
          $0.sampling.presencePenalty = 1
          $0.cachedPrefix?.tokens = Array(repeating: 10, count: 64)
        }, "vocabulary"
      ),
    ] {
      var held = sequences()
      let refusal = held.admit([entry], stage: 0).refusals.first
      #expect(refusal?.description.contains(words) == true, "\(refusal?.description ?? "") should say \(words)")
    }
  }

  @Test("a step may ask for so many bytes of logits; entries beyond are refused, the others served")
  func logitsLimit() throws {
    let vocabularySize = Limits.maximumVocabularySize
    #expect(WireLimits.maximumLogitsRowCount(vocabularySize: vocabularySize) == 4)
    #expect(WireLimits.maximumLogitsRowCount(vocabularySize: .max / 8) == 1)
    var held = StageSequences(pageCount: 4, vocabularySize: vocabularySize, contextLength: 100, isLast: true)
    var asking = try (1...4).map { try entry($0, start: 0, tokens: [1, 2], pages: [0], policy: plain, opens: true) }
    for index in 0..<3 { asking[index].output.logitsRows = 0..<2 }
    #expect(held.admit(asking, stage: 0).refusals.map(\.sequence) == [SequenceID(3)])
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
