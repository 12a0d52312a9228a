import Core
import JSON

/// How texts become vectors: what all endpoints of embeddings have in common.
struct EmbeddingFields: Sendable {
  var model: String?
  var pooling = Pooling.mean
  var length = Embedding.Length.unit
  /// nil keeps all.
  var dimensions: Int?
  /// Tokens of a text's beginning that are kept; nil refuses what is longer than the context.
  var tokenLimit: Int?

  /// Of vectors that are only compared: by their angles, so they are 1 long.
  init(scores fields: RequestFields) throws {
    model = try fields.string("model")
    dimensions = try fields.integer("dimensions", in: 1...Limits.maximumHiddenSize)
    switch try fields.string("pooling") ?? "mean" {
    case "mean": pooling = .mean
    case "last": pooling = .last
    case "class", "cls": pooling = .first
    default: throw fields.invalid("pooling", "must be mean, last or class")
    }
    tokenLimit = try fields.integer("truncate_prompt_tokens", in: -1...Limits.maximumContext).map { $0 < 1 ? .max : $0 }
  }

  init(_ fields: RequestFields) throws {
    try self.init(scores: fields)
    if try fields.flag("normalize") == false { length = .own }
    // llama-server's number: -1 is none, 2 is Euclid's.
    if let norm = try fields.integer("embd_normalize", in: -1...2) {
      guard norm == -1 || norm == 2 else { throw fields.invalid("embd_normalize", "must be -1 or 2") }
      length = norm == 2 ? .unit : .own
    }
  }
}

/// The body of `POST /v1/embeddings`, and of llama-server's `/embedding`, which has `content` in place of `input`.
struct EmbeddingRequest: RequestBody {
  static var table: FieldTable { EmbeddingTables.embeddings }

  var common: EmbeddingFields
  var inputs: [PromptInput]
  /// Whether vectors are text in base64 instead of arrays.
  var isBase64: Bool
  /// Whether the answer has llama-server's form.
  var isNative: Bool

  init(_ fields: RequestFields) throws {
    common = try EmbeddingFields(fields)
    let name = try Self.name(fields, "input", or: "content")
    isNative = name == "content"
    inputs = try Self.inputs(fields, name)
    let format = try fields.string("encoding_format") ?? "float"
    guard ["float", "base64"].contains(format) else {
      throw fields.invalid("encoding_format", "must be float or base64")
    }
    isBase64 = format == "base64"
  }

  /// Which of two names a field has; the first where there is neither.
  static func name(_ fields: RequestFields, _ name: String, or other: String) throws -> String {
    guard fields.value(other) != nil else { return name }
    guard fields.value(name) == nil else { throw fields.invalid(other, "cannot be given beside \(name)") }
    return other
  }

  static func inputs(_ fields: RequestFields, _ name: String) throws -> [PromptInput] {
    guard let value = fields.value(name) else { throw fields.invalid(name, "is missing") }
    guard let inputs = PromptInput.prompts(value), !inputs.isEmpty else {
      throw fields.invalid(
        name, "must be a string, an array of strings, an array of token ids and strings, or an array of such arrays")
    }
    guard inputs.count <= RequestLimits.embeddingCount else {
      throw fields.invalid(name, "may hold at most \(RequestLimits.embeddingCount) texts")
    }
    return inputs
  }
}

/// The body of Ollama's `POST /api/embed`, and of its older `/api/embeddings`, which has one `prompt`.
struct OllamaEmbedRequest: RequestBody {
  static var table: FieldTable { EmbeddingTables.ollama }

  var common: EmbeddingFields
  var inputs: [PromptInput]
  var isOlder: Bool

  init(_ fields: RequestFields) throws {
    common = try EmbeddingFields(fields)
    // Ollama cuts texts unless the request says otherwise.
    if try fields.flag("truncate") ?? true { common.tokenLimit = .max }
    let name = try EmbeddingRequest.name(fields, "input", or: "prompt")
    isOlder = name == "prompt"
    inputs = try EmbeddingRequest.inputs(fields, name)
  }
}
