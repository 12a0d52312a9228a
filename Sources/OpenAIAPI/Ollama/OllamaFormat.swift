import Hummingbird
import Core
import JSON

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Ollama's answers: a JSON object, or one a line.
struct OllamaFormat: AnswerFormat {
  enum Kind: Sendable {
    case chat, generate
  }

  let kind: Kind
  let model: String

  var streamHeaders: HTTPFields { StreamFrame.lineHeaders }

  func body(_ answers: [FinishedAnswer], usage: Usage) throws -> [UInt8] {
    guard let answer = answers.first else { throw EngineError.emptyPrompt }
    let object = line(
      content: answer.content, thinking: answer.reasoning, calls: answer.calls, last: answer.end)
    return Array(JSONValue.object(object).text.utf8)
  }

  mutating func piece(_ index: Int, _ delta: AnswerDelta) throws -> [StreamFrame] {
    let message = MessageBody(delta, firstCall: 0)
    return [
      frame(line(content: message.content ?? "", thinking: message.reasoning ?? "", calls: message.calls, last: nil))
    ]
  }

  mutating func end(_ index: Int, _ end: AnswerEnd) throws -> [StreamFrame] {
    [frame(line(content: "", thinking: "", calls: [], last: end))]
  }

  mutating func close(_ usage: Usage) throws -> [StreamFrame] { [] }

  func failure(_ error: APIError) throws -> [StreamFrame] {
    [.line(Array(ErrorStyle.ollama.body(of: error).text.utf8))]
  }

  /// Lines have no comments.
  func comment(_ text: String) -> [StreamFrame] { [] }

  private func frame(_ object: JSONObject) -> StreamFrame { .line(Array(JSONValue.object(object).text.utf8)) }

  private func line(content: String, thinking: String, calls: [ToolCall], last: AnswerEnd?) -> JSONObject {
    var object: JSONObject = ["model": .string(model), "created_at": .string(Date().formatted(.iso8601))]
    switch kind {
    case .generate:
      object["response"] = .string(content)
      if !thinking.isEmpty { object["thinking"] = .string(thinking) }
    case .chat:
      var message: JSONObject = ["role": "assistant", "content": .string(content)]
      if !thinking.isEmpty { message["thinking"] = .string(thinking) }
      if !calls.isEmpty { message["tool_calls"] = .array(calls.map(Self.call)) }
      object["message"] = .object(message)
    }
    object["done"] = .bool(last != nil)
    if let last { Self.add(last, to: &object) }
    return object
  }

  /// Arguments are an object here.
  private static func call(_ call: ToolCall) -> JSONValue {
    let arguments = (try? JSONParser.parse(call.arguments)) ?? [:]  // try?: they were written as JSON
    return ["function": ["name": .string(call.name), "arguments": arguments]]
  }

  /// Durations are nanoseconds.
  private static func add(_ end: AnswerEnd, to object: inout JSONObject) {
    func nanoseconds(_ seconds: Double) -> JSONValue { .integer(Int(max(0, min(seconds, 1e9)) * 1e9)) }
    let timings = end.timings
    object["done_reason"] = .string(end.reason == .length ? "length" : "stop")
    object["total_duration"] = nanoseconds(timings.queueSeconds + timings.prefillSeconds + timings.decodeSeconds)
    object["load_duration"] = 0
    object["prompt_eval_count"] = .integer(end.usage.promptTokens)
    object["prompt_eval_duration"] = nanoseconds(timings.prefillSeconds)
    object["eval_count"] = .integer(end.usage.completionTokens)
    object["eval_duration"] = nanoseconds(timings.decodeSeconds)
  }
}
