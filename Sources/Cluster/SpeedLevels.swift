import Core

/// Speeds that differ by no more than measurements do, made one, so that equal machines share layers evenly and noise
/// moves no layer.
///
/// The levels are those of all workers' speeds, prefill and decode together: so where noise ends a level, it ends it
/// for all workers alike. They become multiples of the slowest, so that equal workers are planned as if they were the
/// slowest, and even ties between splits end alike.
struct SpeedLevels: Hashable {
  /// The ratio of a speed to the next slower one of its level, at most.
  static let alike = 1.1

  private let levels: Levels

  init(_ speeds: [StageSpeed]) {
    levels = Levels(speeds.flatMap { [$0.prefill, $0.decode] }, alike: Self.alike)
  }

  /// The level of one of the speeds, as a multiple of the slowest.
  func leveled(_ speed: StageSpeed) -> StageSpeed {
    StageSpeed(prefill: level(of: speed.prefill), decode: level(of: speed.decode))
  }

  private func level(of speed: Double) -> Double { levels.level(of: speed) / (levels.least.first ?? 1) }
}
