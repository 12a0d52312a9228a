import Hummingbird
import JSON

/// Anthropic's endpoints.
struct MessagesRoutes: Sendable {
  let service: GenerationService

  var routes: [Route] {
    [
      .post("messages") { request, context in try await answer(request, context) },
      .post("messages/count_tokens") { request, _ in try await count(request) },
    ]
  }

  private func answer(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await service.reader.read(MessagesRequest.self, from: request)
    let prepared = try service.preparation.prepare(body.chat)
    let format = MessagesFormat(id: RandomName.make(prefix: "msg_"), model: service.names.id)
    return body.chat.common.isStreamed
      ? try await service.responder.stream(prepared, in: format, context)
      : try await service.responder.whole(prepared, bestCount: 1, in: format, context)
  }

  private func count(_ request: Request) async throws -> Response {
    let body = try await service.reader.read(MessagesRequest.self, from: request)
    try service.names.check(body.chat.common.model)
    let prompt = try service.preparation.encode(body.chat.chat, tools: body.chat.tools)
    return JSONBody.response(json: ["input_tokens": .integer(prompt.tokens.count)])
  }
}
