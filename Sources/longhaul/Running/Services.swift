import Coordinator
import Inference
import Logging
import OpenAIAPI
import ServiceLifecycle

/// The HTTP server as a service.
struct APIService: Service {
  let server: OpenAIServer
  func run() async throws { try await server.run() }
}

/// The engine as a service: started before the HTTP server, stopped after it.
struct EngineService: Service {
  let engine: ClusterEngine
  let announcement: ServeAnnouncement
  let logger: Logger

  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        await withGracefulShutdownHandler {
          await engine.run()
        } onGracefulShutdown: {
          engine.stop(reason: "the coordinator was asked to stop")
        }
        // Stopped in haste it has ended before its turn, which would be taken for a failure.
        try? await gracefulShutdown()
      }
      group.addTask { try await watchReadiness() }
      defer { group.cancelAll() }
      do {
        try await group.next()
      } catch {
        engine.stop(reason: "\(error)")
        throw error
      }
      try await group.waitForAll()
    }
  }

  /// Logs the way to readiness. Ends the program when waiting longer cannot help.
  private func watchReadiness() async throws {
    var last: EngineReadiness?
    for await readiness in engine.readinessChanges where readiness != last {
      last = readiness
      switch readiness {
      case .ready:
        logger.info("ready")
        announcement.ready(engine.plan)
      case .loading(let what): logger.info("loading", metadata: ["state": "\(what)"])
      case .failed(let reason):
        if let infeasible = engine.infeasiblePlan { throw infeasible }
        throw CommandFailure(.runtime, reason)
      }
    }
  }
}
