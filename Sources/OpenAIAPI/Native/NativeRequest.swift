/// The body of llama-server's own `POST /completion`: a text completion in other words.
struct NativeRequest: RequestBody {
  static var table: FieldTable { .native }

  var completion: CompletionRequest
  /// Whether the answer lists the ids of its tokens.
  var returnsTokens: Bool

  init(_ fields: RequestFields) throws {
    completion = try CompletionRequest(fields)
    guard completion.prompts.count == 1, completion.common.choices.candidateCount == 1 else {
      throw fields.invalid("prompt", "must be one text, or one array of token ids")
    }
    let count = try fields.integer("n_probs", in: 0...20)
    completion.topLogprobCount = count.flatMap { $0 > 0 ? $0 : nil } ?? completion.topLogprobCount
    returnsTokens = try fields.flag("return_tokens") ?? false
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
      .obeyed("prompt", "required", "a string or an array of token ids"),
      .obeyed("n_probs", "0", "up to 20 alternatives of each token, in `completion_probabilities`"),
      .obeyed("return_tokens", "false", "whether `tokens` has the ids of the answer's tokens"),
    ])
}
