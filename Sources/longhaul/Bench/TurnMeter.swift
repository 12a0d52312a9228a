import Inference
import Synchronization

/// Takes the times of tokens that groups of sequences draw in turns, each so many times, so that whatever else the
/// machine does meets all groups alike. Begins when every sequence has drawn its first token. Any thread.
final class TurnMeter: Sendable {
  /// What a group's turns gave.
  struct Measured: Sendable {
    /// Tokens a second of all its sequences together, one a turn.
    var rates: [Double] = []
    /// What the stages spent while its tokens were counted.
    private(set) var spent: [StageTotals] = []

    mutating func add(_ stages: [StageTotals]) {
      spent = spent.isEmpty ? stages : zip(spent, stages).map { $0.adding($1) }
    }
  }

  private struct State {
    var groups: [Measured]
    var isFinished = false
    /// Sequences whose first token is to come, of all groups.
    var unreadCount: Int
    /// Turns that have ended.
    var turn = 0
    /// Tokens of each sequence in this turn, until the turn's time is taken.
    var countOf: [Int]
    var begin: (time: ContinuousClock.Instant, totals: [StageTotals])?
    var tokenCount = 0
  }

  private let state: Mutex<State>
  private let warmUpTokenCount: Int
  private let tokenCount: Int
  private let turnTotal: Int
  private let totals: @Sendable () -> [StageTotals]
  private let setTurn: @Sendable (Int?) -> Void

  /// Nobody's turn begins at once: sequences wait for each other after their first token.
  ///
  /// - Parameters:
  ///   - sequenceCount: of each group.
  ///   - warmUpTokenCount: tokens that every sequence draws in a turn before its time is taken.
  ///   - tokenCount: tokens that are then timed, all sequences together.
  ///   - turnCount: of each group.
  ///   - totals: what the stages have spent so far.
  ///   - setTurn: lets one group draw; nil lets all.
  init(
    groupCount: Int, sequenceCount: Int, warmUpTokenCount: Int, tokenCount: Int, turnCount: Int,
    totals: @escaping @Sendable () -> [StageTotals], setTurn: @escaping @Sendable (Int?) -> Void
  ) {
    self.warmUpTokenCount = warmUpTokenCount
    self.tokenCount = tokenCount
    self.totals = totals
    self.setTurn = setTurn
    turnTotal = groupCount * turnCount
    state = Mutex(
      State(
        groups: Array(repeating: Measured(), count: groupCount), unreadCount: groupCount * sequenceCount,
        countOf: Array(repeating: 0, count: sequenceCount)))
    setTurn(-1)
  }

  var groups: [Measured] { state.withLock { $0.groups } }

  /// Notes a token of a sequence. True when everything is measured.
  func note(group: Int, sequence: Int, at now: ContinuousClock.Instant = .now) -> Bool {
    let (isFinished, next) = state.withLock { state -> (Bool, Int?) in
      if state.isFinished { return (true, nil) }
      if state.unreadCount > 0 {
        state.unreadCount -= 1
        return (false, state.unreadCount == 0 ? 0 : nil)
      }
      // The last tokens of the turn before.
      guard group == state.turn % state.groups.count else { return (false, nil) }
      guard let begin = state.begin else {
        state.countOf[sequence] += 1
        if state.countOf.allSatisfy({ $0 >= warmUpTokenCount }) { state.begin = (now, totals()) }
        return (false, nil)
      }
      state.tokenCount += 1
      guard state.tokenCount >= tokenCount else { return (false, nil) }
      state.groups[group].rates.append(Double(tokenCount) / max((now - begin.time).inSeconds, 1e-9))
      state.groups[group].add(zip(totals(), begin.totals).map { $0.since($1) })
      state.begin = nil
      state.tokenCount = 0
      state.countOf = state.countOf.map { _ in 0 }
      state.turn += 1
      state.isFinished = state.turn == turnTotal
      return (state.isFinished, state.isFinished ? nil : state.turn % state.groups.count)
    }
    if isFinished { setTurn(nil) } else if let next { setTurn(next) }
    return isFinished
  }

  /// A sequence has ended. If not everything is measured by then, it never will be, and nobody has to wait.
  func end() {
    state.withLock { $0.isFinished = true }
    setTurn(nil)
  }
}
