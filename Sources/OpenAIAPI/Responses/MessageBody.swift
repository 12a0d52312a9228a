/// An assistant's message, whole or a piece of one.
struct MessageBody: Encodable, Sendable {
  var role: String?
  /// nil leaves it out of a piece; a whole message has a null.
  var content: String?
  var reasoning: String?
  var calls: [ToolCall] = []
  /// The number of the first call among the message's, in a piece; a whole message does not number them.
  var firstCall: Int?
  /// Whether the first call is alone, in OpenAI's older form.
  var hasOlderCalls = false

  init() {}

  /// The beginning of a message, whose content is null, as llama-server has it.
  init(role: String) { self.role = role }

  /// A piece.
  init(_ delta: AnswerDelta, firstCall: Int) {
    self.firstCall = firstCall
    for part in delta.parts {
      switch part {
      case .content(let text): content = (content ?? "") + text
      case .reasoning(let text): reasoning = (reasoning ?? "") + text
      case .call(let call): calls.append(call)
      }
    }
    // A piece of nothing but reports.
    if delta.parts.isEmpty { content = "" }
  }

  /// A whole message. One that only calls has no content.
  init(_ answer: FinishedAnswer, hasOlderCalls: Bool = false) {
    self.hasOlderCalls = hasOlderCalls
    role = "assistant"
    content = answer.content.isEmpty && !answer.calls.isEmpty ? nil : answer.content
    reasoning = answer.reasoning.isEmpty ? nil : answer.reasoning
    calls = answer.calls
  }

  private enum Field: String, CodingKey {
    case role, content
    case reasoning = "reasoning_content"
    case calls = "tool_calls"
    case olderCall = "function_call"
  }

  private struct Call: Encodable {
    let index: Int?
    let call: ToolCall

    private enum Field: String, CodingKey { case index, id, type, function }

    func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: Field.self)
      try fields.encodeIfPresent(index, forKey: .index)
      try fields.encode(RandomName.callID(), forKey: .id)
      try fields.encode("function", forKey: .type)
      try fields.encode(Function(call: call), forKey: .function)
    }
  }

  private struct Function: Encodable {
    let call: ToolCall

    private enum Field: String, CodingKey { case name, arguments }

    func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: Field.self)
      try fields.encode(call.name, forKey: .name)
      try fields.encode(call.arguments, forKey: .arguments)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encodeIfPresent(role, forKey: .role)
    if content != nil || (role != nil && firstCall == nil) { try fields.encode(content, forKey: .content) }
    try fields.encodeIfPresent(reasoning, forKey: .reasoning)
    guard let first = calls.first else { return }
    guard !hasOlderCalls else { return try fields.encode(Function(call: first), forKey: .olderCall) }
    let numbered = calls.enumerated().map { place, call in Call(index: firstCall.map { $0 + place }, call: call) }
    try fields.encode(numbered, forKey: .calls)
  }
}
