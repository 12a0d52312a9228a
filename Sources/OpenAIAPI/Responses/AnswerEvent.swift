import Core

/// One event of a stream, for chats and plain completions.
struct AnswerEvent: Encodable, Sendable {
  let head: AnswerHead
  var content: Content
  /// nil omits the field; `.some(nil)` is null, as in every event but the last when usage was requested.
  var usage: Usage??
  var policy: PolicyChoice?
  var timings: GenerationTimings?
  var progress: PromptProgress?
  /// The text of the prompt, where it is asked for.
  var prompt: String?

  enum Content: Sendable {
    /// Starts an answer: the role without text.
    case opening(index: Int, promptTokens: [TokenID]?)
    /// - Parameter firstCall: the number of the piece's first call among the answer's.
    case delta(index: Int, AnswerDelta, firstCall: Int, tokens: [TokenID]?)
    /// Nothing new but what stands beside the choices.
    case empty(index: Int)
    case finish(index: Int, reason: AnswerEnd.Reason)
    /// The last event: no choices.
    case usageOnly

    var promptTokens: [TokenID]? { if case .opening(_, let tokens) = self { tokens } else { nil } }
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: AnswerHead.Field.self)
    try head.encode(object: head.kind == .chat ? "chat.completion.chunk" : "text_completion", into: &fields)
    if let usage { try fields.encode(usage, forKey: .usage) }
    try fields.encodeIfPresent(policy.map(PolicyReport.init), forKey: .policy)
    try fields.encodeIfPresent(timings.map(TimingsReport.init), forKey: .timings)
    try fields.encodeIfPresent(progress.map(ProgressReport.init), forKey: .progress)
    try fields.encodeIfPresent(prompt.map { ["prompt": $0] }, forKey: .verbose)
    if head.kind == .chat { try fields.encodeIfPresent(content.promptTokens, forKey: .promptTokens) }
    if case .usageOnly = content {
      try fields.encode([Choice](), forKey: .choices)
    } else {
      try fields.encode([Choice(head: head, content: content)], forKey: .choices)
    }
  }

  private struct Choice: Encodable {
    let head: AnswerHead
    let content: Content

    private enum Field: String, CodingKey {
      case index, delta, text, logprobs
      case finishReason = "finish_reason"
      case tokens = "token_ids"
      case promptTokens = "prompt_token_ids"
    }

    func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: Field.self)
      var message = MessageBody()
      var reports: [TokenReport]?
      var reason: AnswerEnd.Reason?
      switch content {
      case .opening(let index, let promptTokens):
        try fields.encode(index, forKey: .index)
        if head.kind == .completion { try fields.encodeIfPresent(promptTokens, forKey: .promptTokens) }
        message = MessageBody(role: "assistant")
      case .delta(let index, let delta, let firstCall, let tokens):
        try fields.encode(index, forKey: .index)
        try fields.encodeIfPresent(tokens, forKey: .tokens)
        message = MessageBody(delta, firstCall: firstCall)
        message.hasOlderCalls = head.hasOlderCalls
        reports = delta.reports
      case .empty(let index): try fields.encode(index, forKey: .index)
      case .finish(let index, let why):
        try fields.encode(index, forKey: .index)
        reason = why
      case .usageOnly: return
      }
      try fields.encode(reason?.completionName(head), forKey: .finishReason)
      switch head.kind {
      case .chat:
        try fields.encode(message, forKey: .delta)
        try fields.encode(reports.map(ChatLogprobs.init), forKey: .logprobs)
      case .completion:
        try fields.encode(message.content ?? "", forKey: .text)
        try fields.encode(reports.map(CompletionLogprobs.init), forKey: .logprobs)
      }
    }
  }
}

extension AnswerEnd.Reason {
  /// OpenAI's name.
  func completionName(_ head: AnswerHead) -> String {
    switch self {
    case .stop: "stop"
    case .length: "length"
    case .toolCalls: head.hasOlderCalls ? "function_call" : "tool_calls"
    }
  }
}
