import Fixtures

/// Pages that run out while requests run, since these take them as they grow: at random.
struct PagePressure: Hashable, Sendable {
  /// At least what the longest request needs.
  let pageCount: Int
  let adaptsChunks: Bool
  /// New tokens of most requests, as far as the context has room: an answer grows over several pages.
  let newTokenCounts = 60...190
  /// Requests that come at once.
  let groupSize = 4

  /// When requests come: under pressure in groups, each at once.
  static func requestTimes(
    _ count: Int, _ pressure: PagePressure?, using random: inout SeededGenerator
  ) -> [Duration] {
    let groupSize = pressure?.groupSize ?? 1
    var groupTime = Duration.zero
    return (0..<count).map { number in
      let time = Duration.milliseconds(Int.random(in: 300...14_000, using: &random))
      if number % groupSize == 0 { groupTime = time }
      return groupTime
    }
  }

  /// Nil for some seeds, where pages are never short, and where steps take so long that such answers would not end in
  /// time.
  init?(seed: UInt64, stepMilliseconds: Int) {
    var random = SeededGenerator(seed: seed ^ 0x9A6E)
    guard random.chance(0.6), stepMilliseconds < 100 else { return nil }
    pageCount = Int.random(in: 4...8, using: &random)
    adaptsChunks = random.chance(0.5)
  }
}
