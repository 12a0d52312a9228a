import Core

/// The body of `POST /v1/completions`.
struct CompletionRequest: Decodable, Sendable {
  var common: CommonFields
  /// At least one.
  var prompts: [PromptInput]
  /// Whether the completion repeats the prompt.
  var echoes: Bool
  /// Number of alternatives per token; nil returns no log-probabilities.
  var topLogprobCount: Int?

  init(from decoder: any Decoder) throws {
    let fields = try RequestFields(decoder)
    common = try CommonFields(fields)
    let form = "a string, an array of strings, an array of token ids, or an array of such arrays"
    guard let list: PromptList = try fields.value("prompt", form) else {
      throw fields.invalid("prompt", "is missing")
    }
    guard !list.prompts.isEmpty else { throw fields.invalid("prompt", "is empty") }
    guard list.prompts.count <= RequestLimits.promptCount else {
      throw fields.invalid("prompt", "may contain at most \(RequestLimits.promptCount) prompts")
    }
    prompts = list.prompts
    echoes = try fields.flag("echo") ?? false
    topLogprobCount = try fields.integer("logprobs", in: 0...Limits.maximumTopLogprobCount)
    if let suffix = try fields.string("suffix"), !suffix.isEmpty {
      throw fields.invalid("suffix", "is not supported")
    }
  }
}

/// One prompt of a plain completion.
enum PromptInput: Hashable, Sendable {
  case text(String)
  case tokens([Int])
}

private struct PromptList: Decodable {
  let prompts: [PromptInput]

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    // try? throughout: tries each form; the error of the last one stands for all.
    if let text = try? container.decode(String.self) {
      prompts = [.text(text)]
    } else if let texts = try? container.decode([String].self) {
      prompts = texts.map { .text($0) }
    } else if let tokens = try? container.decode([Int].self) {
      prompts = [.tokens(tokens)]
    } else {
      prompts = try container.decode([[Int]].self).map { .tokens($0) }
    }
  }
}
