import ChatTemplates
import Core
import JSON

/// The body of `POST /v1/responses`.
struct ResponsesRequest: RequestBody {
  static var table: FieldTable { ResponsesTables.body }

  /// The same request as a chat, without what `previousID` names.
  var chat: ChatRequest
  var instructions: String?
  var previousID: String?
  var isStored: Bool
  /// Whether the answer is made after the request was answered.
  var isBackground: Bool
  /// What the answer repeats of the request.
  var echo: JSONObject
  /// As the client sent it.
  var input: JSONValue

  init(_ fields: RequestFields) throws {
    var common = CommonFields()
    common.model = try fields.string("model")
    common.isStreamed = try fields.flag("stream") ?? false
    _ = try fields.object("stream_options", table: ResponsesTables.streamOptions)
    common.maximumNewTokens = try fields.integer("max_output_tokens", in: 1...Int.max)
    common.stream = try StreamFields(responses: fields)
    common.sampling = try SamplingFields(fields)
    let text = try fields.object("text", table: ResponsesTables.text)
    common.constraint = try Self.constraint(text)
    instructions = try fields.string("instructions")
    let messages = try ResponseInput(fields).messages
    chat = ChatRequest(
      common: common, chat: ChatPrompt(messages: messages), tools: try ToolFields(responses: fields))
    if let top = try fields.integer("top_logprobs", in: 0...Limits.maximumTopLogprobCount), top > 0 {
      chat.topLogprobCount = top
    }
    if let effort = try fields.object("reasoning", table: ResponsesTables.reasoning)?.string("effort") {
      chat.chat.templateVariables["reasoning_effort"] = .string(effort)
      if effort == "none" { chat.chat.templateVariables["enable_thinking"] = false }
    }
    previousID = try fields.string("previous_response_id")
    isStored = try fields.flag("store") ?? true
    isBackground = try fields.flag("background") ?? false
    if isBackground {
      guard isStored else { throw fields.invalid("background", "requires store to be true") }
      guard !common.isStreamed else { throw fields.invalid("background", "cannot be combined with stream") }
    }
    try Self.checkTruncation(fields)
    _ = try fields.object("metadata", table: .open)
    _ = try fields.string("user")
    echo = Self.echo(fields)
    input = fields.value("input") ?? .null
  }

  private static func checkTruncation(_ fields: RequestFields) throws {
    let truncation = try fields.string("truncation") ?? "disabled"
    guard ["auto", "disabled"].contains(truncation) else { throw fields.invalid("truncation", "must be disabled") }
    guard truncation == "disabled" else {
      throw fields.invalid("truncation", "auto is not supported: leave messages out to shorten the input")
    }
  }

  private static func constraint(_ text: RequestFields?) throws -> TextConstraint? {
    guard let format = try text?.object("format", table: ResponsesTables.format) else { return nil }
    switch try format.string("type") {
    case nil, "text": return nil
    case "json_object": return TextConstraint(kind: .jsonObject, source: "")
    case "json_schema":
      guard let schema = try ConstraintFields.schema("schema", in: format) else {
        throw format.invalid("schema", "is missing")
      }
      return schema
    case _?: throw format.invalid("type", "must be text, json_object or json_schema")
    }
  }

  private static func echo(_ fields: RequestFields) -> JSONObject {
    var echo: JSONObject = [
      "background": false, "instructions": .null, "max_output_tokens": .null, "metadata": [:],
      "parallel_tool_calls": true, "previous_response_id": .null, "reasoning": ["effort": .null, "summary": .null],
      "store": true, "temperature": 1, "text": ["format": ["type": "text"]], "tool_choice": "auto", "tools": [],
      "top_p": 1, "truncation": "disabled", "user": .null,
    ]
    for member in echo.members { echo[member.key] = fields.value(member.key) ?? member.value }
    return echo
  }
}

extension ToolFields {
  /// Functions are flat here; there are no tools of other kinds.
  init(responses fields: RequestFields) throws {
    self.init()
    allowsSeveral = try fields.flag("parallel_tool_calls") ?? true
    for tool in try fields.objects("tools", of: "tools", table: ResponsesTables.tool) ?? [] {
      guard try tool.string("type") ?? "function" == "function" else {
        throw tool.invalid("type", "must be function: the server has no tools of its own")
      }
      var function = JSONObject()
      for name in ["name", "description", "parameters"] { function[name] = tool.value(name) }
      try add(tool, description: ["type": "function", "function": .object(function)])
    }
    try finish(fields)
  }
}
