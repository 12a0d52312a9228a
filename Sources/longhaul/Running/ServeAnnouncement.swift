import Cluster
import Core
import Synchronization

/// Prints the report of `serve --json` once the API listens and the first plan is ready.
final class ServeAnnouncement: Sendable {
  private struct State {
    var port: Int?
    var plan: LayerPlan?
    var isMade = false
  }

  private let state = Mutex(State())
  private let print: @Sendable (Int, LayerPlan) -> Void

  /// - Parameter print: receives the bound port and the plan.
  init(print: @escaping @Sendable (Int, LayerPlan) -> Void) { self.print = print }

  var isListening: Bool { state.withLock { $0.port != nil } }

  func listening(port: Int) { note { $0.port = port } }

  func ready(_ plan: LayerPlan?) { note { $0.plan = plan } }

  private func note(_ change: (inout State) -> Void) {
    let known = state.withLock { state -> (Int, LayerPlan)? in
      change(&state)
      guard !state.isMade, let port = state.port, let plan = state.plan else { return nil }
      state.isMade = true
      return (port, plan)
    }
    if let known { print(known.0, known.1) }
  }
}
