import Hummingbird
import Core
import Synchronization

/// Whether the server is there and ready, for people and for the probes of a supervisor, and its metrics.
struct HealthRoutes: Sendable {
  let engine: any InferenceEngine
  /// The body of `/metrics`; nil where it is off.
  let metrics: (@Sendable () -> String)?
  /// Seconds since 1970.
  let started: Int
  private let startup = StartupProbe()

  init(engine: any InferenceEngine, metrics: (@Sendable () -> String)?, started: Int) {
    self.engine = engine
    self.metrics = metrics
    self.started = started
  }

  var routes: [Route] {
    let probes: [Route] = [
      // Only whether the process answers: to restart a coordinator because a worker is lost would lose the others, too.
      .get("live", isOpen: true) { _, _ in JSONBody.response(HealthBody()) },
      .get("ready", isOpen: true) { _, _ in try await self.ready() },
      .get("health", isOpen: true) { _, _ in try await self.ready() },
      .get("startup", isOpen: true) { _, _ in
        self.startup.hasSucceeded ? JSONBody.response(HealthBody()) : try await self.ready()
      },
    ]
    return probes + [
      .get("metrics") { _, _ in
        guard let metrics else { throw APIError.metricsOff }
        return Response(
          status: .ok,
          headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .processStart: "\(started)"],
          body: ResponseBody(byteBuffer: ByteBuffer(string: metrics())))
      }
    ]
  }

  /// Every stage has its layers, and the whole chain is linked.
  private func ready() async throws -> Response {
    switch await engine.readiness() {
    case .ready:
      startup.note()
      return JSONBody.response(HealthBody())
    case .loading(let reason, _):
      throw APIError.unavailable("Loading model: \(reason)", code: "not_ready", retryAfterSeconds: 5)
    case .failed(let reason):
      throw APIError.unavailable(reason, code: "engine_failed", retryAfterSeconds: 30)
    }
  }
}

/// Whether any probe has found the engine ready. A start is over once, whatever is lost later.
private final class StartupProbe: Sendable {
  private let succeeded = Atomic(false)

  var hasSucceeded: Bool { succeeded.load(ordering: .relaxed) }
  func note() { succeeded.store(true, ordering: .relaxed) }
}

private struct HealthBody: Encodable {
  var status = "ok"
}
