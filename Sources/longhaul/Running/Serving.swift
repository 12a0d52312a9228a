import Coordinator
import ServiceLifecycle

/// A server with all its services, not yet running.
struct Serving {
  let engine: ClusterEngine
  let group: ServiceGroup
  let supervisor: Supervisor?
  /// Those that the server starts; nil where workers come by themselves.
  let workers: LocalWorkers?

  /// Serves until it is stopped, and removes what its workers had in the file system.
  func run(drainTimeout: Duration) async throws {
    let outcome = await Task { try await serve(drainTimeout) }.result
    workers?.removeFolder()
    try outcome.get()
  }

  private func serve(_ drainTimeout: Duration) async throws {
    try await GracefulShutdown.run(group, drainTimeout: drainTimeout) { [supervisor] in
      supervisor?.noteStopping(within: drainTimeout)
    } endRequests: { [engine] in
      engine.stop(reason: "the coordinator is stopping")
    }
  }
}
