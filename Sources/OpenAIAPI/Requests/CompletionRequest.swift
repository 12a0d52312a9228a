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
  /// Alternatives reported of each prompt token; nil reports none.
  var promptLogprobCount: Int?
  /// The text around a hole, in place of the prompt.
  var fillIn: FillInPrompt?

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
        "prompt", "must be a string, an array of strings, an array of token ids and strings, or an array of such arrays"
      )
    }
    guard !prompts.isEmpty else { throw fields.invalid("prompt", "is empty") }
    guard prompts.count <= RequestLimits.promptCount else {
      throw fields.invalid("prompt", "may contain at most \(RequestLimits.promptCount) prompts")
    }
    self.prompts = prompts
    echoes = try fields.flag("echo") ?? false
    topLogprobCount = try fields.integer("logprobs", in: 0...Limits.maximumTopLogprobCount)
    promptLogprobCount = try Self.promptLogprobCount(fields, isStreamed: common.isStreamed)
    guard let suffix = try fields.string("suffix"), !suffix.isEmpty else { return }
    guard prompts.count == 1, case .text(let prefix) = prompts[0] else {
      throw fields.invalid("suffix", "requires one prompt of text")
    }
    guard !echoes else { throw fields.invalid("suffix", "cannot be combined with echo") }
    fillIn = FillInPrompt(prefix: prefix, suffix: suffix)
  }
}

extension CompletionRequest {
  static func promptLogprobCount(_ fields: RequestFields, isStreamed: Bool) throws -> Int? {
    let count = try fields.integer("prompt_logprobs", in: 0...Limits.maximumTopLogprobCount)
    guard count == nil || !isStreamed else {
      throw fields.invalid("prompt_logprobs", "cannot be combined with stream")
    }
    return count
  }
}
