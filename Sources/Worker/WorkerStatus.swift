package import Core

/// How a worker is, for probes and supervisors.
package struct WorkerStatus: Hashable, Sendable {
  package enum Phase: Hashable, Sendable {
    /// No coordinator has taken its registration.
    case connecting
    /// Registered, without layers.
    case standby
    /// Reads the layers it was assigned; with the share that is done.
    case loading(Double)
    case serving
    /// It cannot hold its layers, and says why.
    case failed(String)
  }

  package var phase = Phase.connecting
  /// The layers of the stage that was ready last, until another is assigned.
  package var layers: LayerRange?
  package var weightByteCount = 0
  package var kvByteCount = 0
  /// Whether it leaves when the cluster can do without it.
  package var isDraining = false

  package init() {}

  /// Whether it does what the cluster wants of it now.
  package var isReady: Bool {
    switch phase {
    case .standby, .serving: !isDraining
    case .connecting, .loading, .failed: false
    }
  }

  package var description: String {
    let leaving = isDraining ? ", draining" : ""
    return text + leaving
  }

  private var text: String {
    switch phase {
    case .connecting: "waiting for the coordinator"
    case .standby: "standby"
    case .loading(let share): "loading layers: \(Int((share * 100).rounded(.down))) %"
    case .serving: layers.map { "serving layers \($0.lower) to \($0.upper - 1)" } ?? "serving"
    case .failed(let reason): "cannot hold its layers: \(reason)"
    }
  }
}
