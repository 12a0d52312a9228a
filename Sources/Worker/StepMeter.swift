import Core
import Synchronization

/// How far the step in hand is, which distinguishes a hung compute thread from a slow or idle one. The compute thread
/// writes it, the heartbeat reads it.
final class StepMeter: Sendable {
  private let layers = Atomic<UInt64>(0)
  private let step = Mutex<StepExpectation?>(nil)
  private let created = ContinuousClock.now

  /// Counts layers computed.
  var progress: UInt64 { layers.load(ordering: .relaxed) }

  /// What the step in hand should take, at least 1; nil between steps.
  var expectedStepMilliseconds: Int? { step.withLock { $0?.milliseconds } }

  private var now: Duration { created.duration(to: .now) }

  /// One more layer, or another piece of work that a step waits for, is done.
  func advance() {
    layers.add(1, ordering: .relaxed)
    step.withLock { $0?.advance(now: now) }
  }

  /// Runs a step of so many layers, which is expected to take so long; returns what it took.
  func measure(expectedSeconds: Double, layerCount: Int, _ body: () throws -> Void) rethrows -> Duration {
    step.withLock { $0 = StepExpectation(seconds: expectedSeconds, layerCount: layerCount, now: now) }
    defer { step.withLock { $0 = nil } }
    return try ContinuousClock().measure(body)
  }
}
