/// Estimates how long a step takes here by its rows and how far they look back: a hung compute thread differs from a
/// slow one in that.
struct StepTimeEstimator {
  /// Steps of `2^index ..< 2^(index+1)` rows, smoothed.
  private struct Kind {
    var seconds: Double
    /// Positions that the rows attended to.
    var depth: Double
  }

  private var kinds: [Kind?] = Array(repeating: nil, count: 24)

  /// Allowed to the first step, whose weights may yet have to come from disk.
  static let firstSeconds = 10.0

  /// - Parameter depth: the last position of the step, from 1.
  mutating func note(rows: Int, depth: Int, seconds elapsed: Double) {
    let index = Self.index(rows)
    let (now, share) = (Kind(seconds: elapsed, depth: Double(max(depth, 1))), 0.2)
    kinds[index] =
      kinds[index].map {
        Kind(
          seconds: (1 - share) * $0.seconds + share * now.seconds, depth: (1 - share) * $0.depth + share * now.depth)
      } ?? now
  }

  /// Seconds that such a step should take at most: by its own kind, else by the nearest smaller one in proportion.
  /// Deeper than what was measured it takes longer, in proportion to the depth where attention is all of the work.
  func expectedSeconds(rows: Int, depth: Int) -> Double {
    let index = Self.index(rows)
    for known in stride(from: index, through: 0, by: -1) {
      guard let kind = kinds[known] else { continue }
      return kind.seconds * Double(1 << (index - known)) * max(1, Double(depth) / kind.depth)
    }
    return Self.firstSeconds
  }

  private static func index(_ rows: Int) -> Int {
    min(Int.bitWidth - 1 - max(rows, 1).leadingZeroBitCount, 23)
  }
}
