import Core
import JSON

/// The object that stands for an answer, at any stage of it.
struct ResponseObject: Sendable {
  enum Status: String, Sendable {
    case queued, completed, incomplete, cancelled, failed
    case running = "in_progress"
  }

  let id: String
  /// Seconds since 1970.
  let created: Int
  let model: String
  /// What it repeats of the request.
  let echo: JSONObject
  var status = Status.running
  var output: [JSONValue] = []
  var usage: Usage?
  var failure: APIError?

  var json: JSONValue {
    var object = echo
    object["id"] = .string(id)
    object["object"] = "response"
    object["created_at"] = .integer(created)
    object["model"] = .string(model)
    object["status"] = .string(status.rawValue)
    object["output"] = .array(output)
    object["error"] =
      failure.map { ["code": .string($0.code ?? "server_error"), "message": .string($0.message)] } ?? .null
    object["incomplete_details"] = status == .incomplete ? ["reason": "max_output_tokens"] : .null
    object["usage"] = usage.map(Self.usage) ?? .null
    return .object(object)
  }

  private static func usage(_ usage: Usage) -> JSONValue {
    [
      "input_tokens": .integer(usage.promptTokens), "input_tokens_details": ["cached_tokens": 0],
      "output_tokens": .integer(usage.completionTokens), "output_tokens_details": ["reasoning_tokens": 0],
      "total_tokens": .integer(usage.promptTokens + usage.completionTokens),
    ]
  }

  /// Takes the end of the answer.
  mutating func finish(_ end: AnswerEnd, _ output: [ResponseItem]) {
    status = end.reason == .length ? .incomplete : .completed
    self.output = output.map { $0.json(isDone: true) }
    usage = end.usage
  }
}
