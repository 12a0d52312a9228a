/// An assistant's message, whole or a piece of one.
struct MessageBody: Encodable, Sendable {
  var role: String?
  /// nil leaves it out of a piece; a whole message has a null.
  var content: String?
  var reasoning: String?
  var calls: [ToolCall] = []
  /// The number of the first call among the message's, in a piece; a whole message does not number them.
  var firstCall: Int?

  init() {}

  init(role: String, content: String) {
    self.role = role
    self.content = content
  }

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
  init(_ answer: FinishedAnswer) {
    role = "assistant"
    content = answer.content.isEmpty && !answer.calls.isEmpty ? nil : answer.content
    reasoning = answer.reasoning.isEmpty ? nil : answer.reasoning
    calls = answer.calls
  }

  private enum Field: String, CodingKey {
    case role, content
    case reasoning = "reasoning_content"
    case calls = "tool_calls"
  }

  private struct Call: Encodable {
    let index: Int?
    let call: ToolCall

    private enum Field: String, CodingKey { case index, id, type, function }
    private enum Function: String, CodingKey { case name, arguments }

    func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: Field.self)
      try fields.encodeIfPresent(index, forKey: .index)
      try fields.encode(RandomName.callID(), forKey: .id)
      try fields.encode("function", forKey: .type)
      var function = fields.nestedContainer(keyedBy: Function.self, forKey: .function)
      try function.encode(call.name, forKey: .name)
      try function.encode(call.arguments, forKey: .arguments)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encodeIfPresent(role, forKey: .role)
    if content != nil || (role != nil && firstCall == nil) { try fields.encode(content, forKey: .content) }
    try fields.encodeIfPresent(reasoning, forKey: .reasoning)
    guard !calls.isEmpty else { return }
    let numbered = calls.enumerated().map { place, call in Call(index: firstCall.map { $0 + place }, call: call) }
    try fields.encode(numbered, forKey: .calls)
  }
}
