import Hummingbird
import Core
import JSON

/// The model's tokenizer and template for clients that count tokens, send ids, or write prompts themselves.
struct TokenRoutes: Sendable {
  let service: GenerationService

  var routes: [Route] {
    [
      .post("tokenize") { request, _ in try await tokenize(request) },
      .post("detokenize") { request, _ in try await detokenize(request) },
      .post("apply-template") { request, _ in try await applyTemplate(request) },
      .get("tokenizer_info") { _, _ in JSONBody.response(TokenizerInfoBody(facts: service.codec.facts)) },
    ]
  }

  private func tokenize(_ request: Request) async throws -> Response {
    let body = try await service.reader.read(TokenizeRequest.self, from: request)
    let codec = service.codec
    let tokens: [TokenID]
    switch body.text {
    case .plain(let text):
      tokens = try codec.encode(text, addsBegin: body.addsBegin, parsesControlTokens: body.parsesControlTokens)
    case .chat(let chat, let tools): tokens = try service.preparation.encode(chat, tools: tools).tokens
    }
    return JSONBody.response(
      TokenizedBody(
        contextLength: service.engine.model.contextLength,
        tokens: tokens.map { TokenizedBody.Entry(token: $0, bytes: codec.spelling(of: $0)) },
        listsPieces: body.listsPieces, pairsPieces: body.pairsPieces))
  }

  private func detokenize(_ request: Request) async throws -> Response {
    let body = try await service.reader.read(DetokenizeRequest.self, from: request)
    var tokens = try TokenInput.checked(body.tokens, in: "tokens", model: service.engine.model)
    let codec = service.codec
    // What `/tokenize` puts before a text is no part of it.
    if body.skipsControlTokens == nil, let first = tokens.first, let begin = codec.facts.beginToken,
      codec.spelling(of: first) == Array(begin.utf8)
    {
      tokens.removeFirst()
    }
    return JSONBody.response(
      DetokenizedBody(text: codec.text(of: tokens, spellsControlTokens: body.skipsControlTokens != true)))
  }

  private func applyTemplate(_ request: Request) async throws -> Response {
    let body = try await service.reader.read(TemplateRequest.self, from: request)
    let prompt = try service.preparation.encode(body.chat, tools: body.tools)
    return JSONBody.response(json: ["prompt": .string(prompt.text)])
  }
}
