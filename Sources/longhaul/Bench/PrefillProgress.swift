import Core

/// The progress of a prefill over time.
///
/// The scheduler chooses where chunks end, so most depths are inside a chunk: their times are interpolated between the
/// ends of chunks.
struct PrefillProgress {
  private var marks: [(done: Int, time: ContinuousClock.Instant)] = []

  /// Records that `done` tokens are computed; ascending.
  mutating func note(done: Int, at time: ContinuousClock.Instant) { marks.append((done, time)) }

  /// Records the start, at a time before the end.
  mutating func begin(secondsBeforeEnd seconds: Double) {
    guard let end = marks.last else { return }
    marks.insert((0, end.time - .seconds(seconds)), at: 0)
  }

  /// Seconds from the time when `depth` tokens were computed to the end; nil when unknown.
  func seconds(from depth: Int) -> Double? {
    guard let end = marks.last, let moment = moment(of: depth) else { return nil }
    return (end.time - moment).inSeconds
  }

  /// Seconds of the first 1,024, 2,048, 4,096 … tokens.
  var milestones: [Milestone] {
    guard let begin = moment(of: 0), let total = marks.last?.done else { return [] }
    return (10..<Int.bitWidth - 1).map { 1 << $0 }.prefix { $0 <= total }.compactMap { tokens in
      moment(of: tokens).map { Milestone(tokens: tokens, seconds: ($0 - begin).inSeconds) }
    }
  }

  private func moment(of depth: Int) -> ContinuousClock.Instant? {
    guard let next = marks.firstIndex(where: { $0.done >= depth }) else { return nil }
    let after = marks[next]
    guard after.done > depth, next > 0 else { return after.done == depth ? after.time : nil }
    let before = marks[next - 1]
    let share = Double(depth - before.done) / Double(after.done - before.done)
    return before.time + .seconds(share * (after.time - before.time).inSeconds)
  }
}

/// Seconds from the start of a prompt until this many tokens were computed.
struct Milestone: Encodable, Sendable {
  let tokens: Int
  let seconds: Double
}
