import ChatTemplates
import Core
import JSON

/// The body of Anthropic's `POST /v1/messages`.
struct MessagesRequest: RequestBody {
  static var table: FieldTable { .messages }

  /// The same request as a chat.
  var chat: ChatRequest

  init(_ fields: RequestFields) throws {
    var common = CommonFields()
    common.model = try fields.string("model")
    common.isStreamed = try fields.flag("stream") ?? false
    common.maximumNewTokens = try fields.integer("max_tokens", in: 0...Int.max)
    common.stop.strings = try StopFields.strings(fields, "stop_sequences")
    common.sampling.temperature = try fields.number("temperature", in: SamplingParameters.Bounds.temperature)
    common.sampling.topP = try fields.number("top_p", in: SamplingParameters.Bounds.share)
    common.sampling.topK = try fields.integer("top_k", in: -1...Limits.maximumVocabularySize).map { max(0, $0) }
    common.constraint = try Self.constraint(fields)
    let tools = try Self.tools(fields)
    chat = ChatRequest(common: common, chat: ChatPrompt(messages: try Self.messages(fields)), tools: tools)
    // An answer continues an assistant's message at the end.
    if chat.chat.messages.last?.role == "assistant" { chat.chat.ending = .openMessage }
    if let thinking = try fields.object("thinking", table: .thinking), let type = try thinking.string("type") {
      chat.chat.templateVariables["enable_thinking"] = .bool(type != "disabled")
    }
  }

  private static func messages(_ fields: RequestFields) throws -> [ChatMessage] {
    guard let given = try fields.objects("messages", of: "messages", table: .messagesMessage), !given.isEmpty else {
      throw fields.invalid("messages", "is missing or empty")
    }
    guard given.count <= RequestLimits.messageCount else {
      throw fields.invalid("messages", "may hold at most \(RequestLimits.messageCount) messages")
    }
    var messages: [ChatMessage] = []
    if let system = try MessagesContent(fields, "system") {
      messages.append(ChatMessage(role: "system", content: system.text))
    }
    for message in given {
      guard let role = try message.string("role"), ["user", "assistant", "system"].contains(role) else {
        throw message.invalid("role", "must be user or assistant")
      }
      guard let content = try MessagesContent(message, "content") else {
        throw message.invalid("content", "is missing")
      }
      messages += content.messages(role: role)
    }
    return messages
  }

  /// The schema of the answer's content.
  private static func constraint(_ fields: RequestFields) throws -> TextConstraint? {
    let config = try fields.object("output_config", table: .outputConfig)?.object("format", table: .open)
    guard let format = try config ?? fields.object("output_format", table: .open) else { return nil }
    guard try format.string("type") == "json_schema" else { throw format.invalid("type", "must be json_schema") }
    return try ConstraintFields.schema("schema", in: format)
  }

  private static func tools(_ fields: RequestFields) throws -> ToolFields {
    var tools = ToolFields()
    for tool in try fields.objects("tools", of: "tools", table: .messagesTool) ?? [] {
      guard try tool.string("type") ?? "custom" == "custom" else {
        throw tool.invalid("type", "must be custom: the server has no tools of its own")
      }
      guard let name = try tool.string("name"), !name.isEmpty else { throw tool.invalid("name", "is missing") }
      var function: JSONObject = ["name": .string(name)]
      function["description"] = try tool.string("description").map { .string($0) }
      function["parameters"] = tool.value("input_schema")
      tools.declarations.append(
        ToolDeclaration(
          name: name, parameters: tool.value("input_schema"), isStrict: try tool.flag("strict") ?? false))
      tools.descriptions.append(["type": "function", "function": .object(function)])
    }
    guard tools.declarations.count <= RequestLimits.toolCount else {
      throw fields.invalid("tools", "may hold at most \(RequestLimits.toolCount) tools")
    }
    tools.choice = tools.declarations.isEmpty ? .none : .auto
    guard let choice = try fields.object("tool_choice", table: .messagesToolChoice) else { return tools }
    tools.allowsSeveral = !(try choice.flag("disable_parallel_tool_use") ?? false)
    switch try choice.string("type") {
    case "auto": break
    case "none": (tools.declarations, tools.descriptions, tools.choice) = ([], [], .none)
    case "any": tools.choice = .required
    case "tool":
      let name = try choice.string("name") ?? ""
      guard tools.declarations.contains(where: { $0.name == name }) else {
        throw choice.invalid("name", "must be the name of a tool")
      }
      tools.choice = .named(name)
    default: throw choice.invalid("type", "must be auto, any, tool or none")
    }
    return tools
  }
}
