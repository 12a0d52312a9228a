import JSON

/// The body of llama-server's `POST /infill`: a text completion between two texts.
struct InfillRequest: RequestBody {
  static var table: FieldTable { InfillTables.all }

  var completion: CompletionRequest
  var form: NativeForm

  init(_ fields: RequestFields) throws {
    // What stands before the cursor in its line comes behind the prefix.
    let prefix = (try fields.string("input_prefix") ?? "") + (try fields.string("prompt") ?? "")
    let suffix = try fields.string("input_suffix") ?? ""
    var prompt = FillInPrompt(prefix: prefix, suffix: suffix)
    for file in try fields.objects("input_extra", of: "files", table: .open) ?? [] {
      guard let text = try file.string("text") else { throw file.invalid("text", "is missing") }
      prompt.snippets.append(FillInPrompt.Snippet(name: try file.string("filename") ?? "file", text: text))
    }
    completion = CompletionRequest(common: try CommonFields(fields), prompt: .text(prefix))
    completion.fillIn = prompt
    let count = try fields.integer("n_probs", in: 0...20)
    completion.topLogprobCount = count.flatMap { $0 > 0 ? $0 : nil }
    form = try NativeForm(fields)
    guard completion.common.choices.candidateCount == 1 else { throw fields.invalid("n", "must be 1") }
  }
}

/// The fields of `/infill`.
enum InfillTables {
  static let all = FieldTable(
    "`/infill`",
    own.fields + FieldTable.generation.fields.filter { field in !own.fields.contains { $0.name == field.name } })

  static let own = FieldTable(
    "`/infill`",
    [
      .obeyed("input_prefix", "the text before the hole"),
      .obeyed("input_suffix", "the text behind it"),
      .obeyed("prompt", "what follows the prefix, in the cursor's line"),
      .obeyed("input_extra", "files that the text may refer to, each with `filename` and `text`"),
      .obeyed("n_probs", "0", "up to 20 alternatives of each token, in `completion_probabilities`"),
      .obeyed("return_tokens", "false", "whether `tokens` has the ids of the answer's tokens"),
      .obeyed("response_fields", "all", "the fields that the answer has"),
    ])
}
