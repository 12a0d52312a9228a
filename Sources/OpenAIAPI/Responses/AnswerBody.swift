import Core

/// The whole body of an answer that is not streamed, of either kind.
struct AnswerBody: Encodable, Sendable {
  let head: AnswerHead
  /// One a prompt, in order.
  let answers: [FinishedAnswer]

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: AnswerHead.Field.self)
    try head.encode(object: head.kind == .chat ? "chat.completion" : "text_completion", into: &fields)
    let choices = answers.enumerated().map { Choice(index: $0.offset, kind: head.kind, answer: $0.element) }
    try fields.encode(choices, forKey: .choices)
    try fields.encode(answers.reduce(Usage()) { $0 + $1.usage }, forKey: .usage)
    // Of several prompts each has its own; there is one place for them, so it is left out.
    if answers.count == 1, let answer = answers.first {
      try fields.encodeIfPresent(answer.policy.map(PolicyReport.init), forKey: .policy)
      try fields.encode(TimingsReport(timings: answer.timings), forKey: .timings)
    }
  }

  private struct Choice: Encodable {
    let index: Int
    let kind: AnswerHead.Kind
    let answer: FinishedAnswer

    private enum Field: String, CodingKey {
      case index, message, text, logprobs
      case finishReason = "finish_reason"
    }
    private enum Message: String, CodingKey { case role, content }

    func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: Field.self)
      try fields.encode(index, forKey: .index)
      try fields.encode(answer.finishReason.rawValue, forKey: .finishReason)
      switch kind {
      case .chat:
        var message = fields.nestedContainer(keyedBy: Message.self, forKey: .message)
        try message.encode("assistant", forKey: .role)
        try message.encode(answer.text, forKey: .content)
        try fields.encode(answer.reports.map(ChatLogprobs.init), forKey: .logprobs)
      case .completion:
        try fields.encode(answer.text, forKey: .text)
        let logprobs = answer.reports.map { CompletionLogprobs(reports: $0, firstOffset: 0) }
        try fields.encode(logprobs, forKey: .logprobs)
      }
    }
  }
}
