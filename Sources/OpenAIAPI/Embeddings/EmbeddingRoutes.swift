import Core
import Hummingbird
import JSON

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Vectors of texts, and what is made of their angles.
struct EmbeddingRoutes: Sendable {
  let service: GenerationService

  var routes: [Route] {
    let paths: [(String, @Sendable (Request, APIContext) async throws -> Response)] = [
      ("embeddings", embed), ("embedding", embed), ("api/embed", embedForOllama), ("api/embeddings", embedForOllama),
      ("rerank", rerank), ("reranking", rerank), ("v2/rerank", rerank), ("score", score),
    ]
    return paths.map { Route.post($0.0, $0.1) }
  }

  private func vectors(
    of inputs: [PromptInput], _ fields: EmbeddingFields, field: String, _ context: APIContext
  ) async throws -> TextEmbedder.Result {
    let embedder = TextEmbedder(service: service)
    let result = try await context.client.canceling { try await embedder.embed(inputs, fields, field: field) }
    service.allowances.charge(result.tokenCount, key: context.apiKey)
    return result
  }

  private func embed(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await service.reader.read(EmbeddingRequest.self, from: request)
    let result = try await vectors(
      of: body.inputs, body.common, field: body.isNative ? "content" : "input", context)
    let vectors = result.embeddings.map { body.isBase64 ? .string(Data($0.bytes).base64EncodedString()) : $0.json }
    if body.isNative {
      return JSONBody.response(
        json: .array(vectors.enumerated().map { ["index": .integer($0.offset), "embedding": .array([$0.element])] }))
    }
    let data = vectors.enumerated().map { index, vector -> JSONValue in
      ["object": "embedding", "index": .integer(index), "embedding": vector]
    }
    return JSONBody.response(json: [
      "object": "list", "data": .array(data), "model": .string(service.names.id),
      "usage": Self.usage(result.tokenCount),
    ])
  }

  private func embedForOllama(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await service.reader.read(OllamaEmbedRequest.self, from: request)
    let start = ContinuousClock.now
    let result = try await vectors(of: body.inputs, body.common, field: body.isOlder ? "prompt" : "input", context)
    if body.isOlder, let only = result.embeddings.first { return JSONBody.response(json: ["embedding": only.json]) }
    let nanoseconds = Int((ContinuousClock.now - start) / .nanoseconds(1))
    return JSONBody.response(json: [
      "model": .string(service.names.id), "embeddings": .array(result.embeddings.map(\.json)),
      "total_duration": .integer(nanoseconds), "load_duration": 0, "prompt_eval_count": .integer(result.tokenCount),
    ])
  }

  private func score(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await service.reader.read(ScoreRequest.self, from: request)
    let result = try await vectors(
      of: body.pairs.map(\.0) + body.pairs.map(\.1), body.common, field: "text_1", context)
    let count = body.pairs.count
    let data = (0..<count).map { index -> JSONValue in
      let score = result.embeddings[index].cosine(result.embeddings[count + index])
      return ["object": "score", "index": .integer(index), "score": .number(JSONNumber(score))]
    }
    return JSONBody.response(json: [
      "id": .string(RandomName.make(prefix: "score-")), "object": "list", "data": .array(data),
      "created": .integer(Int(Date().timeIntervalSince1970)), "model": .string(service.names.id),
      "usage": Self.usage(result.tokenCount),
    ])
  }

  private func rerank(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await service.reader.read(RerankRequest.self, from: request)
    let texts = ([body.query] + body.documents).map { PromptInput.text($0) }
    let result = try await vectors(of: texts, body.common, field: "documents", context)
    let scores = result.embeddings.dropFirst().map { result.embeddings[0].cosine($0) }
    // The earlier one of equals comes first.
    let order = scores.indices.sorted { scores[$0] == scores[$1] ? $0 < $1 : scores[$0] > scores[$1] }
    guard !body.isList else {
      return JSONBody.response(
        json: .array(
          order.prefix(body.count).map { index -> JSONValue in
            var entry: JSONObject = ["index": .integer(index), "score": .number(JSONNumber(scores[index]))]
            if body.returnsDocuments { entry["text"] = .string(body.documents[index]) }
            return .object(entry)
          }))
    }
    let results = order.prefix(body.count).map { index -> JSONValue in
      var entry: JSONObject = ["index": .integer(index), "relevance_score": .number(JSONNumber(scores[index]))]
      if body.returnsDocuments { entry["document"] = ["text": .string(body.documents[index])] }
      return .object(entry)
    }
    return JSONBody.response(json: [
      "id": .string(RandomName.make(prefix: "rerank-")), "object": "list", "model": .string(service.names.id),
      "usage": Self.usage(result.tokenCount), "results": .array(results),
    ])
  }

  private static func usage(_ count: Int) -> JSONValue {
    ["prompt_tokens": .integer(count), "total_tokens": .integer(count)]
  }
}

extension Embedding {
  fileprivate var json: JSONValue { .array(numbers.map { .number(JSONNumber(Double($0))) }) }
}
