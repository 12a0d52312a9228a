import Core

/// Speeds that differ by no more than measurements do, made one, so that equal machines share layers evenly and noise
/// moves no layer.
///
/// From the slowest on, speeds within `alike` of a level's slowest are that level, prefill and decode of all workers
/// together. They become multiples of the slowest of all, so that equal workers are planned at 1 however fast they are,
/// and even ties between splits end alike.
struct SpeedLevels: Hashable {
  /// The ratio of two speeds that count as one.
  static let alike = 1.1

  /// The slowest of each level, ascending.
  private let levels: [Double]

  init(_ speeds: [StageSpeed]) {
    var levels: [Double] = []
    for speed in speeds.flatMap({ [$0.prefill, $0.decode] }).sorted() where speed > (levels.last ?? 0) * Self.alike {
      levels.append(speed)
    }
    self.levels = levels
  }

  /// The level of one of the speeds, as a multiple of the slowest.
  func leveled(_ speed: StageSpeed) -> StageSpeed {
    StageSpeed(prefill: level(of: speed.prefill), decode: level(of: speed.decode))
  }

  private func level(of speed: Double) -> Double { (levels.last { $0 <= speed } ?? speed) / (levels.first ?? 1) }
}
