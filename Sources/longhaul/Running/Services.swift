import Coordinator
import Core
import Logging
import OpenAIAPI
import ServiceLifecycle

/// The HTTP server as a service.
struct APIService: Service {
  let server: OpenAIServer
  func run() async throws { try await server.run() }
}

/// The engine as a service: starts before the HTTP server and stops after it.
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
          engine.stop(reason: "the coordinator received a stop signal")
        }
        // An engine stopped early ends before its turn, which the group would treat as a failure.
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

  /// Logs the progress to readiness. Ends the program when waiting cannot help.
  private func watchReadiness() async throws {
    var last: EngineReadiness?
    for await readiness in engine.readinessChanges.map(\.withoutFraction) where readiness != last {
      last = readiness
      switch readiness {
      case .ready:
        logger.info("ready")
        announcement.ready(engine.plan)
      case .loading(let reason, _): logger.info("loading", metadata: ["state": "\(reason)"])
      case .failed(let reason):
        if let infeasible = engine.infeasiblePlan { throw infeasible }
        throw CommandFailure(.runtime, reason)
      }
    }
  }
}

extension EngineReadiness {
  /// The same with every tenth of the weights, which the reason names, instead of every report.
  fileprivate var withoutFraction: EngineReadiness {
    if case .loading(let reason, _) = self { .loading(reason) } else { self }
  }
}
