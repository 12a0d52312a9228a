/// How long the step in hand should take: by experience, or longer as its layers take longer than that, since the
/// machine is busy with something else. A value; times are since any fixed start.
struct StepExpectation: Hashable, Sendable {
  private let start: Duration
  private let layerCount: Int
  private var doneCount = 0
  private var whole: Duration

  /// - Parameters:
  ///   - seconds: by experience.
  ///   - layerCount: layers of the stage.
  init(seconds: Double, layerCount: Int, now: Duration) {
    start = now
    self.layerCount = layerCount
    whole = .seconds(min(seconds, 3600))
  }

  /// A layer, or another piece of the step, is done: the others take as long.
  mutating func advance(now: Duration) {
    doneCount += 1
    whole = max(whole, (now - start) / doneCount * max(layerCount, doneCount))
  }

  /// At least 1.
  var milliseconds: Int { max(1, Int(whole / .milliseconds(1))) }
}
