import Core
import Testing

@testable import Scheduling

@Suite("Which stages read a sequence again")
struct RecoveryChoiceTests {
  private static let sequence = SequenceID(7)

  /// Stages as (tokens held, tokens logged); the sequence stands at 100.
  private func rebuilding(_ stages: [(length: Int, logged: Int)], length: Int = 100) -> [Int] {
    let choice = RecoveryChoice(
      held: stages.map { [ResidentSequence(sequence: Self.sequence, length: $0.length, loggedCount: $0.logged)] })
    let set = choice.rebuilding(Self.sequence, length: length)
    return stages.indices.filter(set.contains)
  }

  @Test("none when all have it, also where some are ahead")
  func none() {
    #expect(rebuilding([(103, 0), (101, 0), (100, 0)]).isEmpty)
  }

  @Test("the first from the tokens, another from the log before it")
  func single() {
    #expect(rebuilding([(0, 0), (101, 0), (100, 0)]) == [0])
    #expect(rebuilding([(103, 103), (0, 0), (100, 0)]) == [1])
    #expect(rebuilding([(103, 0), (101, 101), (0, 0)]) == [2])
    #expect(rebuilding([(103, 103), (99, 99), (100, 0)]) == [1], "one token short is lost")
  }

  @Test("where a log does not reach, the stage before it too, up to one whose log does; what comes after stays")
  func upstream() {
    #expect(rebuilding([(103, 0), (0, 0), (100, 0)]) == [0, 1])
    #expect(rebuilding([(103, 99), (0, 0), (100, 0)]) == [0, 1])
    #expect(rebuilding([(110, 110), (110, 0), (0, 0), (100, 0)]) == [1, 2])
    #expect(rebuilding([(110, 0), (110, 0), (0, 0), (100, 0)]) == [0, 1, 2])
  }

  @Test("several losses at once, each from its own log")
  func several() {
    #expect(rebuilding([(0, 0), (101, 101), (0, 0)]) == [0, 2])
    #expect(rebuilding([(101, 101), (0, 0), (0, 0)]) == [1, 2])
    #expect(rebuilding([(0, 0), (0, 0), (100, 0)]) == [0, 1])
  }

  @Test("all when nothing is known of it, or nothing was read")
  func all() {
    #expect(rebuilding([(5, 5), (5, 5)], length: 0) == [0, 1])
    let choice = RecoveryChoice(held: [[], []])
    #expect(choice.rebuilding(Self.sequence, length: 3) == StageSet([0, 1]) && !choice.hasAny)
  }

  @Test("of two words of one stage about a sequence the lesser counts")
  func doubled() {
    let choice = RecoveryChoice(
      held: [
        [
          ResidentSequence(sequence: Self.sequence, length: 100, loggedCount: 0),
          ResidentSequence(sequence: Self.sequence, length: 4, loggedCount: 0),
        ], [ResidentSequence(sequence: Self.sequence, length: 100, loggedCount: 0)],
      ])
    #expect(choice.rebuilding(Self.sequence, length: 100) == StageSet([0]))
  }
}
