import Hummingbird
import Core

/// The model's tokenizer for clients that count tokens or send ids, as evaluation programs do.
struct TokenRoutes: Sendable {
  let model: ServedModel
  let codec: any TextCodec
  let settings: APISettings

  func tokenize(_ request: Request) async throws -> Response {
    let body = try await reader.decode(TokenizeRequest.self, from: request)
    let tokens =
      body.addsSpecialTokens
      ? try codec.encode(prompt: body.prompt) : try codec.encode(continuation: body.prompt)
    return JSONBody.response(
      TokenizedBody(count: tokens.count, contextLength: model.contextLength, tokens: tokens))
  }

  func detokenize(_ request: Request) async throws -> Response {
    let body = try await reader.decode(DetokenizeRequest.self, from: request)
    let tokens = try TokenInput.checked(body.tokens, in: "tokens", model: model)
    return JSONBody.response(DetokenizedBody(prompt: codec.text(of: tokens)))
  }

  var info: Response { JSONBody.response(TokenizerInfoBody(facts: codec.facts)) }

  private var reader: BodyReader { BodyReader(maximumByteCount: settings.maximumBodyByteCount) }
}
