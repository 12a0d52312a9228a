import Core

/// Speeds that differ by no more than measurements do, made one, so that equal machines share layers evenly and noise
/// moves no layer.
///
/// Of all workers' speeds, prefill and decode together, a level is those of which none is more than `alike` times the
/// one before it: so where noise ends a level, it ends it for all workers alike. Levels become multiples of the
/// slowest, so that equal workers are planned as if they were the slowest, and even ties between splits end alike.
struct SpeedLevels: Hashable {
  /// The ratio of a speed to the next slower one of its level, at most.
  static let alike = 1.1

  /// The slowest of each level, ascending.
  private let levels: [Double]

  init(_ speeds: [StageSpeed]) {
    var levels: [Double] = []
    var last = 0.0
    for speed in speeds.flatMap({ [$0.prefill, $0.decode] }).sorted() {
      if speed > last * Self.alike { levels.append(speed) }
      last = speed
    }
    self.levels = levels
  }

  /// The level of one of the speeds, as a multiple of the slowest.
  func leveled(_ speed: StageSpeed) -> StageSpeed {
    StageSpeed(prefill: level(of: speed.prefill), decode: level(of: speed.decode))
  }

  private func level(of speed: Double) -> Double { (levels.last { $0 <= speed } ?? speed) / (levels.first ?? 1) }
}
