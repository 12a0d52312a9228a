import Coordinator
import Core
import Glibc
import Logging
import OpenAIAPI
import ServiceLifecycle

/// The HTTP server as a service.
struct APIService: Service {
  let server: OpenAIServer
  func run() async throws { try await server.run() }
}

/// Reads the certificate again at every SIGHUP, as a service.
struct CertificateService: Service {
  let certificate: ServerCertificate
  let logger: Logger

  func run() async throws {
    for await _ in Interruption.signals([SIGHUP]).cancelOnGracefulShutdown() {
      do {
        try certificate.reload()
        logger.info("the certificate was read again")
      } catch {
        logger.error(
          "the certificate cannot be used; the server keeps the one it has", metadata: ["reason": "\(error)"])
      }
    }
  }
}

/// The engine and its local workers as a service: starts before the HTTP server and stops after it.
struct EngineService: Service {
  let engine: ClusterEngine
  /// Nil where workers come by themselves.
  let workers: LocalWorkers?
  let announcement: ServeAnnouncement
  /// Nil where no service manager listens.
  let supervisor: Supervisor?
  let logger: Logger

  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        await withGracefulShutdownHandler {
          await engine.run()
          await workers?.processes.end {}
        } onGracefulShutdown: {
          workers?.processes.expectEnds()
          engine.stop(reason: "the coordinator received a stop signal")
        }
        // An engine stopped early ends before its turn, which the group would treat as a failure.
        try? await gracefulShutdown()
      }
      group.addTask { try await watchReadiness() }
      if let workers { group.addTask { try await Self.keep(workers) } }
      defer { group.cancelAll() }
      do {
        try await group.next()
      } catch {
        workers?.processes.expectEnds()
        engine.stop(reason: "\(error)")
        throw error
      }
      try await group.waitForAll()
    }
  }

  /// Starts the workers, and throws when one is lost. Returns when they have ended.
  private static func keep(_ workers: LocalWorkers) async throws {
    try workers.start()
    for await loss in workers.processes.losses { throw CommandFailure(.unavailable, loss) }
  }

  /// Whether the start has ended, for a service manager: workers that come by themselves may be units that wait for it.
  private func isStarted(_ readiness: EngineReadiness) -> Bool {
    announcement.isListening && (workers == nil || readiness == .ready)
  }

  /// Logs the progress to readiness. Ends the program when waiting cannot help.
  private func watchReadiness() async throws {
    var last: EngineReadiness?
    for await change in engine.readinessChanges {
      supervisor?.note(change.status, isReady: isStarted(change))
      let readiness = change.withoutFraction
      guard readiness != last else { continue }
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
  /// For a service manager.
  fileprivate var status: String {
    switch self {
    case .ready: "ready"
    // The reason names every tenth of the weights.
    case .loading(let reason, _): reason
    case .failed(let reason): reason
    }
  }

  /// The same with every tenth of the weights, which the reason names, instead of every report.
  fileprivate var withoutFraction: EngineReadiness {
    if case .loading(let reason, _) = self { .loading(reason) } else { self }
  }
}
