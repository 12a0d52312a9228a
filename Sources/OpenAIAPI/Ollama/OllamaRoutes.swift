import Hummingbird
import Core
import JSON

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What Ollama's clients ask of a server with one model.
struct OllamaRoutes: Sendable {
  let service: GenerationService
  /// When the server started.
  let started: Date

  var routes: [Route] {
    [
      .post("api/chat") { request, context in try await chat(request, context) },
      .post("api/generate") { request, context in try await generate(request, context) },
      .get("api/tags") { _, _ in JSONBody.response(json: ["models": .array([model])]) },
      .get("api/ps") { _, _ in JSONBody.response(json: ["models": .array([model])]) },
      .get("api/version") { _, _ in JSONBody.response(json: ["version": .string(service.settings.version)]) },
      .post("api/show") { request, _ in try await show(request) },
    ]
  }

  private func chat(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await service.reader.read(OllamaChatRequest.self, from: request)
    return try await answer(try service.preparation.prepare(body.chat), body.chat.common, .chat, context)
  }

  private func generate(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await service.reader.read(OllamaGenerateRequest.self, from: request)
    let prepared =
      body.isRaw || body.suffix != nil
      ? try service.preparation.prepare(body.completion) : try service.preparation.prepare(body.chat)
    return try await answer(prepared, body.common, .generate, context)
  }

  private func answer(
    _ prepared: [PreparedAnswer], _ common: CommonFields, _ kind: OllamaFormat.Kind, _ context: APIContext
  ) async throws -> Response {
    let format = OllamaFormat(kind: kind, model: service.names.id)
    return common.isStreamed
      ? try await service.responder.stream(prepared, in: format, context)
      : try await service.responder.whole(prepared, bestCount: 1, in: format, context)
  }

  private func show(_ request: Request) async throws -> Response {
    let body = try await service.reader.read(OllamaShowRequest.self, from: request)
    try service.names.check(body.model)
    let configuration = service.engine.model.configuration
    let family = configuration.architecture
    return JSONBody.response(json: [
      "template": .string(service.codec.facts.chatTemplate ?? ""), "details": details,
      "capabilities": ["completion", "tools"],
      "model_info": [
        "general.architecture": .string(family),
        "\(family).context_length": .integer(service.engine.model.contextLength),
        "\(family).embedding_length": .integer(configuration.hiddenSize),
        "\(family).block_count": .integer(configuration.layerCount),
      ],
    ])
  }

  private var details: JSONValue {
    let family = JSONValue.string(service.engine.model.configuration.architecture)
    return ["format": "gguf", "family": family, "families": .array([family])]
  }

  private var model: JSONValue {
    let name = JSONValue.string(service.names.id)
    return ["name": name, "model": name, "modified_at": .string(started.formatted(.iso8601)), "details": details]
  }
}

/// The body of Ollama's `POST /api/show`.
struct OllamaShowRequest: RequestBody {
  static var table: FieldTable {
    FieldTable("`/api/show`", FieldTable.named(["verbose"], "there is nothing more to show"))
  }

  var model: String?

  init(_ fields: RequestFields) throws { model = try fields.string("model") ?? fields.string("name") }
}
