/// The fields that every body and event of a request repeats.
struct AnswerHead: Sendable {
  enum Kind: Sendable {
    case chat, completion
    var idPrefix: String { self == .chat ? "chatcmpl-" : "cmpl-" }
  }

  let kind: Kind
  let id: String
  /// Seconds since 1970.
  let created: Int
  let model: String
  /// Of the program and its settings; nil leaves it out.
  let fingerprint: String?
  /// Whether calls are in OpenAI's older form: one in an answer, as its `function_call`.
  var hasOlderCalls = false

  enum Field: String, CodingKey {
    case id, object, created, model, choices, usage, policy, timings
    case fingerprint = "system_fingerprint"
    case promptTokens = "prompt_token_ids"
    case promptLogprobs = "prompt_logprobs"
    case progress = "prompt_progress"
    case verbose = "__verbose"
  }

  /// Encodes the common fields.
  func encode(object: String, into fields: inout KeyedEncodingContainer<Field>) throws {
    try fields.encode(id, forKey: .id)
    try fields.encode(object, forKey: .object)
    try fields.encode(created, forKey: .created)
    try fields.encode(model, forKey: .model)
    try fields.encodeIfPresent(fingerprint, forKey: .fingerprint)
  }
}
