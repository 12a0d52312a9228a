import Hummingbird
import Core
import JSON

/// What llama-server's clients ask beside OpenAI's endpoints.
struct NativeRoutes: Sendable {
  let service: GenerationService

  var routes: [Route] {
    [
      .post("completion") { request, context in try await complete(request, context) },
      .get("props") { _, _ in JSONBody.response(json: properties) },
      .get("version") { _, _ in JSONBody.response(json: ["version": .string(service.settings.version)]) },
    ]
  }

  private func complete(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await service.reader.read(NativeRequest.self, from: request)
    let prepared = try service.preparation.prepare(body.completion)
    let format = NativeFormat(model: service.names.id, returnsTokens: body.returnsTokens)
    return body.completion.common.isStreamed
      ? try await service.responder.stream(prepared, in: format, context)
      : try await service.responder.whole(prepared, bestCount: 1, in: format, context)
  }

  private var properties: JSONValue {
    let facts = service.codec.facts
    func text(_ text: String?) -> JSONValue { .string(text ?? "") }
    return [
      "default_generation_settings": ["n_ctx": .integer(service.engine.model.contextLength)],
      "model_alias": .string(service.names.id), "model_path": text(service.settings.modelFileName),
      "chat_template": text(facts.chatTemplate), "bos_token": text(facts.beginToken), "eos_token": text(facts.endToken),
      "modalities": ["vision": false, "audio": false], "build_info": .string("longhaul-" + service.settings.version),
    ]
  }
}
