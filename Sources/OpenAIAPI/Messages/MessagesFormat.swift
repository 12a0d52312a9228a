import Core
import JSON

/// Anthropic's messages.
struct MessagesFormat: AnswerFormat {
  let id: String
  let model: String
  /// The block of the stream that is open, and its number.
  private var open: Block?
  private var blockCount = 0
  private var inputTokens = 0
  private var last: AnswerEnd?

  private enum Block { case text, thinking }

  init(id: String, model: String) {
    self.id = id
    self.model = model
  }

  func body(_ answers: [FinishedAnswer], usage: Usage) throws -> [UInt8] {
    guard let answer = answers.first else { throw EngineError.emptyPrompt }
    var content: [JSONValue] = []
    if !answer.reasoning.isEmpty { content.append(Self.thinking(answer.reasoning)) }
    if !answer.content.isEmpty || answer.calls.isEmpty { content.append(Self.text(answer.content)) }
    content += answer.calls.map { Self.call($0, input: (try? JSONParser.parse($0.arguments)) ?? [:]) }
    return Array(
      message(
        content: content, reason: .string(Self.reason(answer.end)), stop: Self.stop(answer.end),
        usage: Self.usage(
          input: usage.promptTokens, cached: usage.cachedTokens, output: usage.completionTokens)
      ).text.utf8)
  }

  mutating func begin(_ prepared: [PreparedAnswer]) throws -> [StreamFrame] {
    inputTokens = prepared.first?.generation.prompt.count ?? 0
    let start = message(
      content: [], reason: .null, stop: .null, usage: Self.usage(input: inputTokens, cached: 0, output: 0))
    return [event("message_start", ["message": start])]
  }

  mutating func piece(_ index: Int, _ delta: AnswerDelta) throws -> [StreamFrame] {
    delta.parts.flatMap { part -> [StreamFrame] in
      switch part {
      case .content(let text):
        return enter(.text, Self.text("")) + [blockDelta(["type": "text_delta", "text": .string(text)])]
      case .reasoning(let text):
        return enter(.thinking, Self.thinking("")) + [
          blockDelta(["type": "thinking_delta", "thinking": .string(text)])
        ]
      case .call(let call):
        let frames =
          leave() + [
            start(Self.call(call, input: [:])),
            blockDelta(["type": "input_json_delta", "partial_json": .string(call.arguments)]),
            event("content_block_stop", ["index": .integer(blockCount)]),
          ]
        blockCount += 1
        return frames
      }
    }
  }

  mutating func end(_ index: Int, _ end: AnswerEnd) throws -> [StreamFrame] {
    // Clients expect a block, also of an answer without a text.
    let empty = blockCount == 0 && open == nil ? enter(.text, Self.text("")) : []
    let delta: JSONValue = ["stop_reason": .string(Self.reason(end)), "stop_sequence": Self.stop(end)]
    return empty + leave() + [
      event(
        "message_delta",
        [
          "delta": delta,
          "usage": Self.usage(
            input: inputTokens, cached: end.usage.cachedTokens, output: end.usage.completionTokens),
        ])
    ]
  }

  mutating func close(_ usage: Usage) throws -> [StreamFrame] { [event("message_stop", [:])] }

  func failure(_ error: APIError) throws -> [StreamFrame] {
    [.event("error", Array(ErrorStyle.messages.body(of: error).text.utf8))]
  }

  private mutating func enter(_ block: Block, _ content: JSONValue) -> [StreamFrame] {
    guard open != block else { return [] }
    let frames = leave() + [start(content)]
    open = block
    return frames
  }

  private mutating func leave() -> [StreamFrame] {
    guard open != nil else { return [] }
    open = nil
    defer { blockCount += 1 }
    return [event("content_block_stop", ["index": .integer(blockCount)])]
  }

  private func start(_ block: JSONValue) -> StreamFrame {
    event("content_block_start", ["index": .integer(blockCount), "content_block": block])
  }

  private func blockDelta(_ delta: JSONValue) -> StreamFrame {
    event("content_block_delta", ["index": .integer(blockCount), "delta": delta])
  }

  private func event(_ type: String, _ members: JSONObject) -> StreamFrame {
    var object: JSONObject = ["type": .string(type)]
    for member in members.members { object[member.key] = member.value }
    return .event(type, Array(JSONValue.object(object).text.utf8))
  }

  private func message(content: [JSONValue], reason: JSONValue, stop: JSONValue, usage: JSONValue) -> JSONValue {
    [
      "id": .string(id), "type": "message", "role": "assistant", "model": .string(model), "content": .array(content),
      "stop_reason": reason, "stop_sequence": stop, "usage": usage,
    ]
  }

  private static func text(_ text: String) -> JSONValue { ["type": "text", "text": .string(text)] }

  private static func thinking(_ text: String) -> JSONValue {
    ["type": "thinking", "thinking": .string(text), "signature": ""]
  }

  private static func call(_ call: ToolCall, input: JSONValue) -> JSONValue {
    ["type": "tool_use", "id": .string("toolu_" + RandomName.callID()), "name": .string(call.name), "input": input]
  }

  /// Anthropic counts cached tokens apart.
  private static func usage(input: Int, cached: Int, output: Int) -> JSONValue {
    [
      "input_tokens": .integer(input - cached), "cache_read_input_tokens": .integer(cached),
      "cache_creation_input_tokens": 0, "output_tokens": .integer(output),
    ]
  }

  private static func stop(_ end: AnswerEnd) -> JSONValue { end.stopString.map { .string($0) } ?? .null }

  private static func reason(_ end: AnswerEnd) -> String {
    switch end.reason {
    case .length: "max_tokens"
    case .toolCalls: "tool_use"
    case .stop: end.stopString == nil ? "end_turn" : "stop_sequence"
    }
  }
}
