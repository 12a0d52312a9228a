import Core
import Synchronization

/// Times groups of sequences that decode in turns, so that other load on the machine affects all groups alike. Starts
/// when every sequence has its first token. Any thread.
final class TurnMeter: Sendable {
  /// The measurements of a group.
  struct Measured: Sendable {
    /// Tokens per second of all its sequences together, one per turn.
    var rates: [Double] = []
    /// Time of the stages while its tokens were counted.
    private(set) var spent: [StageTotals] = []

    mutating func add(_ stages: [StageTotals]) {
      spent = spent.isEmpty ? stages : zip(spent, stages).map { $0.adding($1) }
    }
  }

  private struct State {
    var groups: [Measured]
    var isFinished = false
    /// Sequences of all groups without a first token.
    var prefillCount: Int
    /// Turns that have ended.
    var turn = 0
    /// Tokens of each sequence in this turn before timing starts.
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

  /// No turn starts at once: sequences start paused, and wait for each other after their first token.
  ///
  /// - Parameters:
  ///   - sequenceCount: per group.
  ///   - warmUpTokenCount: tokens of every sequence in a turn before timing starts.
  ///   - tokenCount: timed tokens of all sequences together.
  ///   - turnCount: per group.
  ///   - totals: time of the stages so far.
  ///   - setTurn: lets one group alone decode; nil lets all.
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
        groups: Array(repeating: Measured(), count: groupCount), prefillCount: groupCount * sequenceCount,
        countOf: Array(repeating: 0, count: sequenceCount)))
  }

  var groups: [Measured] { state.withLock { $0.groups } }

  /// Records a token of a sequence. True when everything is measured.
  func note(group: Int, sequence: Int, at now: ContinuousClock.Instant = .now) -> Bool {
    let (isFinished, next) = state.withLock { state -> (Bool, Int?) in
      if state.isFinished { return (true, nil) }
      if state.prefillCount > 0 {
        state.prefillCount -= 1
        return (false, state.prefillCount == 0 ? 0 : nil)
      }
      // The last tokens of the previous turn.
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

  /// Ends the measurement when a sequence ends, and releases the others.
  func end() {
    state.withLock { $0.isFinished = true }
    setTurn(nil)
  }
}
