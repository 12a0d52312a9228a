import Inference

/// When how much of a prompt was read.
///
/// Chunks end where the scheduler ends them, so a depth mostly lies inside one: its moment is found between the ends of
/// the chunks around it.
struct PrefillProgress {
  private var marks: [(done: Int, time: ContinuousClock.Instant)] = []

  /// The stages have read `done` tokens; ascending.
  mutating func note(done: Int, at time: ContinuousClock.Instant) { marks.append((done, time)) }

  /// All was read, and it took so long.
  mutating func begin(secondsBeforeEnd seconds: Double) {
    guard let end = marks.last else { return }
    marks.insert((0, end.time - .seconds(seconds)), at: 0)
  }

  /// Seconds from the moment when `depth` tokens were read to the end; nil if that was not seen.
  func seconds(from depth: Int) -> Double? {
    guard let end = marks.last, let moment = moment(of: depth) else { return nil }
    return (end.time - moment).inSeconds
  }

  /// How long the first 1,024, 2,048, 4,096 … tokens took, as far as there are so many.
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

/// A part of a prompt, and how long it took to read from the prompt's beginning.
struct Milestone: Encodable, Sendable {
  let tokens: Int
  let seconds: Double
}
