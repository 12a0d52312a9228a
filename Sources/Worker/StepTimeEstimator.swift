/// Estimates how long a step takes here by its number of rows: a hung compute thread differs from a slow one in that.
struct StepTimeEstimator {
  /// Seconds of a step with `2^index ..< 2^(index+1)` rows, smoothed.
  private var seconds: [Double?] = Array(repeating: nil, count: 24)

  /// Allowed to the first step, whose weights may yet have to come from disk.
  static let firstSeconds = 10.0

  mutating func note(rows: Int, seconds elapsed: Double) {
    let index = Self.index(rows)
    seconds[index] = seconds[index].map { 0.8 * $0 + 0.2 * elapsed } ?? elapsed
  }

  /// Seconds that a step of so many rows should take: by its own kind, else by the nearest smaller one in proportion.
  func expectedSeconds(rows: Int) -> Double {
    let index = Self.index(rows)
    for known in stride(from: index, through: 0, by: -1) {
      if let value = seconds[known] { return value * Double(1 << (index - known)) }
    }
    return Self.firstSeconds
  }

  private static func index(_ rows: Int) -> Int {
    min(Int.bitWidth - 1 - max(rows, 1).leadingZeroBitCount, 23)
  }
}
