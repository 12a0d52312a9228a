import Core
import CoreMetrics
import OpenAIAPI
import Synchronization
import Telemetry
import Worker

/// What a worker's probes answer. Any thread.
final class WorkerProbe: Sendable {
  private struct State {
    var status = WorkerStatus()
    /// When the worker's loop last handled an event.
    var turned: ContinuousClock.Instant
  }

  /// The loop turns several times a second; one that has not for so long hangs.
  private static let patience = Duration.seconds(10)

  private let state: Mutex<State>
  private let metrics: WorkerMetrics

  /// - Parameter name: the worker's, in its cluster.
  init(name: String, now: ContinuousClock.Instant = .now) {
    state = Mutex(State(turned: now))
    metrics = WorkerMetrics(name: name)
  }

  func note(_ status: WorkerStatus, now: ContinuousClock.Instant = .now) {
    state.withLock { ($0.status, $0.turned) = (status, now) }
  }

  /// Whether the process works at all; depends on no other process.
  func live(now: ContinuousClock.Instant = .now) -> ProbeServer.Answer {
    let silence = state.withLock { now - $0.turned }
    guard silence < Self.patience else {
      return .init(isWell: false, text: "no event was handled for \(Int(silence.inSeconds)) s\n")
    }
    return .init(isWell: true, text: "live\n")
  }

  /// Whether the worker holds what the cluster has assigned it.
  func ready() -> ProbeServer.Answer {
    let status = state.withLock { $0.status }
    return .init(isWell: status.isReady, text: status.description + "\n")
  }

  var answers: [String: @Sendable () -> ProbeServer.Answer] {
    [
      "live": { self.live() }, "ready": { self.ready() },
      "metrics": { .init(isWell: true, text: self.metrics.text(of: self.state.withLock { $0.status })) },
    ]
  }
}
