import Hummingbird
import Core

/// Whether the server is there and ready, and its metrics.
struct HealthRoutes: Sendable {
  let engine: any InferenceEngine
  /// The body of `/metrics`; nil leaves the path out.
  let metrics: (@Sendable () -> String)?

  var routes: [Route] {
    let health = [Route.get("health") { _, _ in try await self.health() }]
    guard let metrics else { return health }
    return health + [
      .get("metrics") { _, _ in
        Response(
          status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
          body: ResponseBody(byteBuffer: ByteBuffer(string: metrics())))
      }
    ]
  }

  private func health() async throws -> Response {
    switch await engine.readiness() {
    case .ready: return JSONBody.response(HealthBody())
    case .loading(let reason, _):
      throw APIError.unavailable("Loading model: \(reason)", code: "not_ready", retryAfterSeconds: 5)
    case .failed(let reason):
      throw APIError.unavailable(reason, code: "engine_failed", retryAfterSeconds: 30)
    }
  }
}

private struct HealthBody: Encodable {
  var status = "ok"
}
