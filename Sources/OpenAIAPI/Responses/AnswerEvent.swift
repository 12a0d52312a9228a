import Core

/// One event of a stream, for chats and plain completions.
struct AnswerEvent: Encodable, Sendable {
  let head: AnswerHead
  var content: Content
  /// nil omits the field; `.some(nil)` is null, as in every event but the last when usage was requested.
  var usage: Usage??
  var policy: PolicyChoice?
  var timings: GenerationTimings?

  enum Content: Sendable {
    /// Starts a chat message: the role without text.
    case opening(index: Int)
    case delta(index: Int, text: String, logprobs: Logprobs?)
    case finish(index: Int, reason: FinishReason)
    /// The last event: no choices.
    case usageOnly
  }

  struct Logprobs: Sendable {
    let reports: [TokenReport]
    let firstOffset: Int
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: AnswerHead.Field.self)
    try head.encode(object: head.kind == .chat ? "chat.completion.chunk" : "text_completion", into: &fields)
    if let usage { try fields.encode(usage, forKey: .usage) }
    try fields.encodeIfPresent(policy.map(PolicyReport.init), forKey: .policy)
    try fields.encodeIfPresent(timings.map(TimingsReport.init), forKey: .timings)
    if case .usageOnly = content {
      try fields.encode([Choice](), forKey: .choices)
    } else {
      try fields.encode([Choice(kind: head.kind, content: content)], forKey: .choices)
    }
  }

  private struct Choice: Encodable {
    let kind: AnswerHead.Kind
    let content: Content

    private enum Field: String, CodingKey {
      case index, delta, text, logprobs
      case finishReason = "finish_reason"
    }
    private enum Delta: String, CodingKey { case role, content }

    func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: Field.self)
      var role: String?
      var text: String?
      var logprobs: Logprobs?
      var reason: FinishReason?
      switch content {
      case .opening(let index):
        try fields.encode(index, forKey: .index)
        (role, text) = ("assistant", "")
      case .delta(let index, let piece, let tokens):
        try fields.encode(index, forKey: .index)
        (text, logprobs) = (piece, tokens)
      case .finish(let index, let why):
        try fields.encode(index, forKey: .index)
        reason = why
      case .usageOnly: return
      }
      try fields.encode(reason?.rawValue, forKey: .finishReason)
      switch kind {
      case .chat:
        var delta = fields.nestedContainer(keyedBy: Delta.self, forKey: .delta)
        try delta.encodeIfPresent(role, forKey: .role)
        try delta.encodeIfPresent(text, forKey: .content)
        try fields.encode(logprobs.map { ChatLogprobs(reports: $0.reports) }, forKey: .logprobs)
      case .completion:
        try fields.encode(text ?? "", forKey: .text)
        let parallel = logprobs.map { CompletionLogprobs(reports: $0.reports, firstOffset: $0.firstOffset) }
        try fields.encode(parallel, forKey: .logprobs)
      }
    }
  }
}
