import JSON

/// The body of llama-server's own `POST /completion`: a text completion in other words.
struct NativeRequest: RequestBody {
  static var table: FieldTable { .native }

  var completion: CompletionRequest
  var form: NativeForm
  /// Whether the prompt came as an array of prompts, which is answered by an array.
  var isList: Bool

  init(_ fields: RequestFields) throws {
    completion = try CompletionRequest(fields)
    form = try NativeForm(fields)
    let count = try fields.integer("n_probs", in: 0...20)
    completion.topLogprobCount = count.flatMap { $0 > 0 ? $0 : nil } ?? completion.topLogprobCount
    let items = fields.value("prompt")?.array ?? []
    let isOnePrompt = items.isEmpty || items.contains { $0.integer != nil }
    isList = !isOnePrompt || completion.common.choices.candidateCount > 1
  }
}

/// What a native answer has in it.
struct NativeForm: Sendable {
  /// Whether the answer lists the ids of its tokens.
  var returnsTokens: Bool
  /// The fields that the answer has; empty for all.
  var selected: [String]

  init(_ fields: RequestFields) throws {
    returnsTokens = try fields.flag("return_tokens") ?? false
    let items = try fields.array("response_fields", of: "names of fields") ?? []
    selected = items.compactMap(\.string)
    guard selected.count == items.count, items.count <= RequestLimits.responseFieldCount else {
      throw fields.invalid(
        "response_fields", "must be an array of at most \(RequestLimits.responseFieldCount) names of fields")
    }
  }
}

extension FieldTable {
  static let native = FieldTable(
    "`/completion`",
    nativeFields.fields + completion.fields.filter { field in !nativeFields.fields.contains { $0.name == field.name } })

  /// What `/completion` has beside the fields of a text completion, or in place of them.
  static let nativeFields = FieldTable(
    "`/completion`",
    [
      .obeyed(
        "prompt", "required",
        "a string, an array of token ids and strings, or an array of such prompts, which is answered by an array"),
      .obeyed("n_probs", "0", "up to 20 alternatives of each token, in `completion_probabilities`"),
      .obeyed(
        "return_tokens", "false", "whether `tokens` has the ids of the answer's tokens; in a stream it always has"),
      .obeyed(
        "response_fields", "all", "the fields that the answer has, such as `content` or `generation_settings/seed`"),
    ])
}
