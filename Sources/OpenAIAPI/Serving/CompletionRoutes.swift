import Core
import Hummingbird
import JSON

/// OpenAI's two endpoints that generate text.
struct CompletionRoutes: Sendable {
  let service: GenerationService

  var routes: [Route] {
    [
      .post("completions") { request, context in try await complete(request, context) },
      .post("chat/completions") { request, context in try await chat(request, context) },
      .post("chat/completions/input_tokens") { request, _ in try await count(request) },
    ]
  }

  private func chat(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await service.reader.read(ChatRequest.self, from: request)
    var head = service.head(.chat)
    head.hasOlderCalls = body.tools.isOlder
    return try await answer(try service.preparation.prepare(body), body.common, head, context)
  }

  private func count(_ request: Request) async throws -> Response {
    let body = try await service.reader.read(ChatRequest.self, from: request)
    try service.names.check(body.common.model)
    let prompt = try service.preparation.encode(body.chat, tools: body.tools)
    return JSONBody.response(json: [
      "object": "response.input_tokens", "input_tokens": .integer(prompt.tokens.count),
    ])
  }

  private func complete(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await service.reader.read(CompletionRequest.self, from: request)
    return try await answer(try service.preparation.prepare(body), body.common, service.head(.completion), context)
  }

  private func promptText(_ common: CommonFields) -> (@Sendable ([TokenID]) -> String)? {
    guard common.returnsPrompt else { return nil }
    let codec = service.codec
    return { codec.promptText(of: $0) }
  }

  private func answer(
    _ prepared: [PreparedAnswer], _ common: CommonFields, _ head: AnswerHead, _ context: APIContext
  ) async throws -> Response {
    let format = CompletionFormat(
      head: head, stream: common.stream, returnsTokens: common.returnsTokens,
      promptText: promptText(common))
    return common.isStreamed
      ? try await service.responder.stream(prepared, in: format, context)
      : try await service.responder.whole(prepared, bestCount: common.choices.count, in: format, context)
  }
}
