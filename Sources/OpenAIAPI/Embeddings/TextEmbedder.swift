import Core

/// Makes vectors of texts, several at once.
struct TextEmbedder: Sendable {
  let service: GenerationService

  /// Vectors in the order of the texts, and the tokens that they cost.
  struct Result: Sendable {
    var embeddings: [Embedding]
    var tokenCount: Int
  }

  /// - Parameter field: names the texts in errors.
  func embed(_ inputs: [PromptInput], _ fields: EmbeddingFields, field: String) async throws -> Result {
    let model = service.engine.model
    try service.names.check(fields.model)
    if let dimensions = fields.dimensions, dimensions > model.configuration.hiddenSize {
      throw APIError.invalid(
        "dimensions must be at most \(model.configuration.hiddenSize), the width of the model.", parameter: "dimensions"
      )
    }
    let requests = try inputs.map { try request($0, fields, field: field) }
    let rows = try await rows(of: requests)
    return Result(
      embeddings: rows.map { Embedding($0, dimensions: fields.dimensions, length: fields.length) },
      tokenCount: requests.reduce(0) { $0 + $1.prompt.count })
  }

  private func request(
    _ input: PromptInput, _ fields: EmbeddingFields, field: String
  ) throws -> GenerationRequest {
    var tokens = try input.encoded(service.codec, model: service.engine.model, field: field)
    let contextLength = service.engine.model.contextLength
    if let limit = fields.tokenLimit { tokens = Array(tokens.prefix(min(limit, contextLength))) }
    guard !tokens.isEmpty else { throw APIError.invalid("\(field) has a text without tokens.", parameter: field) }
    guard tokens.count <= contextLength else {
      throw APIError.contextExceeded(promptTokenCount: tokens.count, contextLength: contextLength)
    }
    var request = GenerationRequest(prompt: tokens, maximumNewTokens: 0)
    // It is not known whose it is.
    request.usesPrefixCache = false
    request.policy = service.settings.policy
    request.pooling = fields.pooling
    return request
  }

  /// The first failure cancels the others.
  private func rows(of requests: [GenerationRequest]) async throws -> [[Float]] {
    try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
      var rows = [[Float]](repeating: [], count: requests.count)
      for (index, request) in requests.enumerated() {
        if index >= RequestLimits.concurrentEmbeddingCount, let (done, row) = try await group.next() {
          rows[done] = row
        }
        group.addTask { (index, try await row(of: request)) }
      }
      for try await (done, row) in group { rows[done] = row }
      return rows
    }
  }

  private func row(of request: GenerationRequest) async throws -> [Float] {
    do {
      var row: [Float]?
      for try await event in try await service.engine.generate(request) {
        if case .pooled(let numbers) = event { row = numbers }
      }
      try Task.checkCancellation()
      guard let row else { throw EngineError.failed("the engine gave no hidden state of the text") }
      return row
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      throw APIError(cause: error, promptTokenCount: request.prompt.count)
    }
  }
}
