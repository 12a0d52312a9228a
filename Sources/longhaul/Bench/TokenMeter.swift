import Inference
import Synchronization

/// Times of tokens as several sequences draw them, from the moment that all of them do.
final class TokenMeter: Sendable {
  private struct State {
    var countOf: [Int]
    var times: [ContinuousClock.Instant] = []
    var before: [StageTotals] = []
    var after: [StageTotals] = []
  }

  private let state: Mutex<State>
  private let warmUpTokenCount: Int
  private let wantedTokenCount: Int
  private let totals: @Sendable () -> [StageTotals]

  /// - Parameter totals: what the stages have spent so far; asked at the first token that counts and at the last.
  init(
    sequenceCount: Int, warmUpTokenCount: Int, wantedTokenCount: Int, totals: @escaping @Sendable () -> [StageTotals]
  ) {
    self.totals = totals
    state = Mutex(State(countOf: Array(repeating: 0, count: sequenceCount)))
    self.warmUpTokenCount = warmUpTokenCount
    self.wantedTokenCount = wantedTokenCount
  }

  /// Notes a token of a sequence. True when enough were seen.
  func note(_ sequence: Int, at now: ContinuousClock.Instant = .now) -> Bool {
    state.withLock { state in
      state.countOf[sequence] += 1
      guard state.countOf.allSatisfy({ $0 >= warmUpTokenCount }) else { return false }
      // What comes after the last one wanted is drawn while sequences already end.
      guard state.times.count <= wantedTokenCount else { return true }
      if state.times.isEmpty { state.before = totals() }
      state.times.append(now)
      guard state.times.count > wantedTokenCount else { return false }
      state.after = totals()
      return true
    }
  }

  /// What the stages spent while tokens were counted.
  var spent: [StageTotals] { state.withLock { zip($0.after, $0.before).map { $0.since($1) } } }

  /// Tokens a second in windows of so many tokens, one after the other.
  func rates(window: Int) -> [Double] {
    let times = state.withLock { $0.times }
    return stride(from: window, to: times.count, by: window).map { end in
      Double(window) / max((times[end] - times[end - window]).inSeconds, 1e-9)
    }
  }
}
