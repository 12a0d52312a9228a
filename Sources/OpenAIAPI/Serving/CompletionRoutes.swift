import Hummingbird

/// OpenAI's two endpoints that generate text.
struct CompletionRoutes: Sendable {
  let service: GenerationService

  var routes: [Route] {
    [
      .post("completions") { request, context in try await complete(request, context) },
      .post("chat/completions") { request, context in try await chat(request, context) },
    ]
  }

  private func chat(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await service.reader.read(ChatRequest.self, from: request)
    return try await answer(try service.preparation.prepare(body), body.common, .chat, context)
  }

  private func complete(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await service.reader.read(CompletionRequest.self, from: request)
    return try await answer(try service.preparation.prepare(body), body.common, .completion, context)
  }

  private func answer(
    _ prepared: [PreparedAnswer], _ common: CommonFields, _ kind: AnswerHead.Kind, _ context: APIContext
  ) async throws -> Response {
    let format = CompletionFormat(
      head: service.head(kind), stream: common.stream, returnsTokens: common.returnsTokens)
    return common.isStreamed
      ? try await service.responder.stream(prepared, in: format, context)
      : try await service.responder.whole(prepared, bestCount: common.choices.count, in: format, context)
  }
}
