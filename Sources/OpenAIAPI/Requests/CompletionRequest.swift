import Core
import JSON

/// The body of `POST /v1/completions`.
struct CompletionRequest: RequestBody {
  static var table: FieldTable { .completion }

  var common: CommonFields
  /// At least one.
  var prompts: [PromptInput]
  /// Whether the completion repeats the prompt.
  var echoes: Bool
  /// Number of alternatives per token; nil returns no log-probabilities.
  var topLogprobCount: Int?

  init(common: CommonFields, prompt: PromptInput) {
    self.common = common
    prompts = [prompt]
    echoes = false
  }

  init(_ fields: RequestFields) throws {
    common = try CommonFields(fields)
    guard let prompt = fields.value("prompt") else { throw fields.invalid("prompt", "is missing") }
    guard let prompts = PromptInput.prompts(prompt) else {
      throw fields.invalid(
        "prompt", "must be a string, an array of strings, an array of token ids, or an array of such arrays")
    }
    guard !prompts.isEmpty else { throw fields.invalid("prompt", "is empty") }
    guard prompts.count <= RequestLimits.promptCount else {
      throw fields.invalid("prompt", "may contain at most \(RequestLimits.promptCount) prompts")
    }
    self.prompts = prompts
    echoes = try fields.flag("echo") ?? false
    topLogprobCount = try fields.integer("logprobs", in: 0...Limits.maximumTopLogprobCount)
  }
}

/// One prompt of a plain completion.
enum PromptInput: Hashable, Sendable {
  case text(String)
  case tokens([Int])

  /// The prompts of a text, of several, of token ids, or of several arrays of them; texts and arrays may be mixed. nil
  /// for anything else.
  static func prompts(_ value: JSONValue) -> [PromptInput]? {
    if let text = value.string { return [.text(text)] }
    guard let items = value.array else { return nil }
    if items.first?.integer != nil { return tokens(items).map { [$0] } }
    let prompts = items.compactMap { item in item.string.map { .text($0) } ?? item.array.flatMap { tokens($0) } }
    return prompts.count == items.count ? prompts : nil
  }

  private static func tokens(_ items: [JSONValue]) -> PromptInput? {
    let tokens = items.compactMap(\.integer)
    return tokens.count == items.count ? .tokens(tokens) : nil
  }
}
