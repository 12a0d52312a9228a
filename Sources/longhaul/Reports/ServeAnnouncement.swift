import Cluster
import Inference
import Synchronization

/// What `serve --json` prints, once, when the API is listened on and the first plan serves, whichever comes last.
final class ServeAnnouncement: Sendable {
  struct Report: Encodable, Sendable {
    let model: String
    let contextLength: Int
    let httpHost: String
    let httpPort: Int
    let listen: String
    let plan: [StageReport]
  }

  private struct State {
    var port: Int?
    var plan: LayerPlan?
    var isMade = false
  }

  private let state = Mutex(State())
  private let print: @Sendable (Int, LayerPlan) -> Void

  /// - Parameter print: told the bound port and the plan.
  init(print: @escaping @Sendable (Int, LayerPlan) -> Void) { self.print = print }

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
