import Hummingbird
import Core

/// The paths of the API. Each exists with and without `/v1`, because clients often omit it from the base URL.
struct Routes: Sendable {
  let engine: any InferenceEngine
  let codec: any TextCodec
  let settings: APISettings
  /// Seconds since 1970.
  let started: Int

  func makeRouter() -> Router<APIContext> {
    let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: RequestIdentity())
    router.add(middleware: CrossOrigin(allowedOrigin: settings.allowedOrigin))
    router.add(middleware: ErrorResponses())
    router.add(middleware: KeyCheck(keys: APIKeys(settings.apiKeys)))
    add(to: router.group())
    add(to: router.group("v1"))
    if let metrics = settings.metrics {
      router.get("metrics") { _, _ in
        Response(
          status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
          body: ResponseBody(byteBuffer: ByteBuffer(string: metrics())))
      }
    }
    return router
  }

  private func add(to group: RouterGroup<APIContext>) {
    let completions = CompletionRoutes(engine: engine, codec: codec, settings: settings)
    group.get("health") { _, _ in try await health() }
    group.get("models") { _, _ in JSONBody.response(ModelListBody(data: [model])) }
    group.get("models/**") { request, context in try modelNamed(context.parameters.getCatchAll()) }
    group.post("completions") { request, context in try await completions.complete(request, context) }
    group.post("chat/completions") { request, context in try await completions.chat(request, context) }
    let tokens = TokenRoutes(model: engine.model, codec: codec, settings: settings)
    group.post("tokenize") { request, _ in try await tokens.tokenize(request) }
    group.post("detokenize") { request, _ in try await tokens.detokenize(request) }
    group.get("tokenizer_info") { _, _ in tokens.info }
  }

  private var model: ModelBody { ModelBody(model: engine.model, created: started) }

  /// Names may contain slashes, percent-encoded or not.
  private func modelNamed(_ components: [Substring]) throws -> Response {
    let name = components.joined(separator: "/")
    guard name == engine.model.id || Self.percentDecoded(name) == engine.model.id else {
      throw APIError.unknownModel(name, served: engine.model.id)
    }
    return JSONBody.response(model)
  }

  /// nil when the escapes are invalid.
  private static func percentDecoded(_ text: String) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let digits = String(rest.prefix(2)), let value = UInt8(digits, radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
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
