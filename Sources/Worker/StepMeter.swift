import Core
import Synchronization

/// How far the step in hand is, which distinguishes a hung compute thread from a slow or idle one. The compute thread
/// writes it, the heartbeat reads it.
final class StepMeter: Sendable {
  private let layers = Atomic<UInt64>(0)
  private let milliseconds = Atomic<Int>(0)

  /// Counts layers computed.
  var progress: UInt64 { layers.load(ordering: .relaxed) }

  /// What the step in hand should take by experience, at least 1; nil between steps.
  var expectedStepMilliseconds: Int? {
    let value = milliseconds.load(ordering: .relaxed)
    return value == 0 ? nil : value
  }

  /// One more layer, or another piece of work that a step waits for, is done.
  func advance() { layers.add(1, ordering: .relaxed) }

  /// Runs a step, which is expected to take so long; returns what it took.
  func measure(expectedSeconds: Double, _ step: () throws -> Void) rethrows -> Duration {
    milliseconds.store(max(1, Int(min(expectedSeconds, 3600) * 1000)), ordering: .relaxed)
    defer { milliseconds.store(0, ordering: .relaxed) }
    return try ContinuousClock().measure(step)
  }
}
