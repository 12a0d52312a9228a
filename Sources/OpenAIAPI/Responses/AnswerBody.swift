import Core

/// The whole body of an answer that is not streamed, of either kind.
struct AnswerBody: Encodable, Sendable {
  let head: AnswerHead
  /// One a choice, in order.
  let answers: [FinishedAnswer]
  let usage: Usage
  let returnsTokens: Bool
  /// The text of the prompt, where it is asked for.
  let prompt: String?

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: AnswerHead.Field.self)
    try head.encode(object: head.kind == .chat ? "chat.completion" : "text_completion", into: &fields)
    let choices = answers.enumerated().map {
      Choice(index: $0.offset, head: head, answer: $0.element, returnsTokens: returnsTokens)
    }
    try fields.encode(choices, forKey: .choices)
    try fields.encode(usage, forKey: .usage)
    try fields.encodeIfPresent(prompt.map { ["prompt": $0] }, forKey: .verbose)
    if returnsTokens, head.kind == .chat {
      try fields.encodeIfPresent(answers.first?.promptTokens, forKey: .promptTokens)
    }
    if head.kind == .chat, let reports = answers.first?.end.promptReports {
      try fields.encode(PromptLogprobs(reports: reports), forKey: .promptLogprobs)
    }
    // Of several answers each has its own; there is one place for them, so it is left out.
    if answers.count == 1, let end = answers.first?.end {
      try fields.encodeIfPresent(end.policy.map(PolicyReport.init), forKey: .policy)
      try fields.encode(TimingsReport(timings: end.timings), forKey: .timings)
    }
  }

  private struct Choice: Encodable {
    let index: Int
    let head: AnswerHead
    let answer: FinishedAnswer
    let returnsTokens: Bool

    private enum Field: String, CodingKey {
      case index, message, text, logprobs
      case finishReason = "finish_reason"
      case tokens = "token_ids"
      case promptTokens = "prompt_token_ids"
      case promptLogprobs = "prompt_logprobs"
    }

    func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: Field.self)
      try fields.encode(index, forKey: .index)
      try fields.encode(answer.end.reason.completionName(head), forKey: .finishReason)
      if returnsTokens { try fields.encode(answer.tokens, forKey: .tokens) }
      switch head.kind {
      case .chat:
        try fields.encode(MessageBody(answer, hasOlderCalls: head.hasOlderCalls), forKey: .message)
        try fields.encode(answer.reports.map(ChatLogprobs.init), forKey: .logprobs)
      case .completion:
        try fields.encode(answer.content, forKey: .text)
        if returnsTokens { try fields.encode(answer.promptTokens, forKey: .promptTokens) }
        try fields.encodeIfPresent(answer.end.promptReports.map(PromptLogprobs.init), forKey: .promptLogprobs)
        try fields.encode(answer.reports.map(CompletionLogprobs.init), forKey: .logprobs)
      }
    }
  }
}
