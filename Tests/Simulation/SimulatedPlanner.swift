import Fixtures

/// The planner's thread: it answers after a while, in which the cluster changes.
struct SimulatedPlanner {
  private let takesTime: Bool
  /// Its own, so that its delays do not change what else a seed draws.
  private var random: SeededGenerator

  init(seed: UInt64, takesTime: Bool) {
    self.takesTime = takesTime
    random = SeededGenerator(seed: seed ^ 0x9_1A4)
  }

  /// How long the next answer takes; nil when it is there at once.
  mutating func delay() -> Duration? {
    guard takesTime else { return nil }
    return .microseconds(Int.random(in: 0...(random.chance(0.2) ? 400_000 : 20_000), using: &random))
  }
}
