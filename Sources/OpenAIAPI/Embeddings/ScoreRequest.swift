import JSON

/// The body of vLLM's `POST /score`: pairs of texts.
struct ScoreRequest: RequestBody {
  static var table: FieldTable { EmbeddingTables.score }

  var common: EmbeddingFields
  var pairs: [(PromptInput, PromptInput)]

  init(_ fields: RequestFields) throws {
    common = try EmbeddingFields(scores: fields)
    let first = try EmbeddingRequest.inputs(fields, EmbeddingRequest.name(fields, "text_1", or: "queries"))
    let second = try EmbeddingRequest.inputs(fields, EmbeddingRequest.name(fields, "text_2", or: "documents"))
    guard first.count == second.count || first.count == 1 else {
      throw fields.invalid("text_1", "must be one text, or as many as text_2")
    }
    pairs = second.enumerated().map { (first.count == 1 ? first[0] : first[$0.offset], $0.element) }
  }
}

/// The body of `POST /rerank`, in the names of Jina, Cohere, vLLM and llama-server.
struct RerankRequest: RequestBody {
  static var table: FieldTable { EmbeddingTables.rerank }

  var common: EmbeddingFields
  var query: String
  var documents: [String]
  var count: Int
  var returnsDocuments: Bool
  /// Whether the answer has the form of text-embeddings-inference, which calls documents `texts`.
  var isList: Bool

  init(_ fields: RequestFields) throws {
    common = try EmbeddingFields(scores: fields)
    guard let query = try fields.string("query"), !query.isEmpty else { throw fields.invalid("query", "is missing") }
    self.query = query
    let name = try EmbeddingRequest.name(fields, "documents", or: "texts")
    isList = name == "texts"
    guard let items = try fields.array(name, of: "texts"), !items.isEmpty else {
      throw fields.invalid("documents", "is missing or empty")
    }
    documents = items.compactMap { $0.string ?? $0["text"]?.string }
    guard documents.count == items.count else { throw fields.invalid(name, "must be an array of texts") }
    guard documents.count <= RequestLimits.embeddingCount else {
      throw fields.invalid(name, "may hold at most \(RequestLimits.embeddingCount) texts")
    }
    count = try fields.integer("top_n", in: 0...Int.max).flatMap { $0 == 0 ? nil : $0 } ?? documents.count
    let returnsTexts = try fields.flag("return_text")
    returnsDocuments = try fields.flag("return_documents") ?? returnsTexts ?? false
  }
}
