import ChatTemplates
import Core
import JSON

/// The body of Ollama's `POST /api/chat`.
struct OllamaChatRequest: RequestBody {
  static var table: FieldTable { OllamaTables.chat }

  /// The same request as a chat.
  var chat: ChatRequest

  init(_ fields: RequestFields) throws {
    let messages = try fields.objects("messages", of: "messages", table: OllamaTables.message) ?? []
    guard !messages.isEmpty, messages.count <= RequestLimits.messageCount else {
      throw fields.invalid("messages", "must hold between 1 and \(RequestLimits.messageCount) messages")
    }
    chat = ChatRequest(
      common: try CommonFields(ollama: fields), chat: ChatPrompt(messages: try messages.map(Self.message)),
      tools: try ToolFields(fields))
    if chat.common.constraint == nil, ChatRequest.endsInAnswer(chat.chat.messages) {
      chat.chat.ending = .openMessageElseNew
    }
    if let think = fields.value("think") {
      guard think.bool != nil || think.string != nil else { throw fields.invalid("think", "must be true or false") }
      chat.chat.templateVariables["enable_thinking"] = .bool(think.bool ?? true)
      if let effort = think.string { chat.chat.templateVariables["reasoning_effort"] = .string(effort) }
    }
  }

  private static func message(_ fields: RequestFields) throws -> ChatMessage {
    guard let role = try fields.string("role"), ["system", "user", "assistant", "tool"].contains(role) else {
      throw fields.invalid("role", "must be system, user, assistant or tool")
    }
    var message = ChatMessage(role: role, content: try fields.string("content") ?? "")
    message.fields["reasoning_content"] = try fields.string("thinking").map { .string($0) }
    message.fields["name"] = try (fields.string("tool_name") ?? fields.string("name")).map { .string($0) }
    // Arguments are objects here, which is what templates read.
    message.fields["tool_calls"] = try fields.array("tool_calls", of: "calls").map { .array($0) }
    return message
  }
}

/// The body of Ollama's `POST /api/generate`: a chat of one message, or, with `raw`, a plain prompt.
struct OllamaGenerateRequest: RequestBody {
  static var table: FieldTable { OllamaTables.generate }

  var common: CommonFields
  var prompt: String
  var system: String?
  var isRaw: Bool
  /// The text behind what the model fills in; nil where it only goes on.
  var suffix: String?

  init(_ fields: RequestFields) throws {
    common = try CommonFields(ollama: fields)
    prompt = try fields.string("prompt") ?? ""
    system = try fields.string("system")
    isRaw = try fields.flag("raw") ?? false
    suffix = try fields.string("suffix").flatMap { $0.isEmpty ? nil : $0 }
    guard !prompt.isEmpty else { throw fields.invalid("prompt", "is missing or empty") }
  }

  /// The same request as a text completion.
  var completion: CompletionRequest {
    var completion = CompletionRequest(common: common, prompt: .text(prompt))
    completion.fillIn = suffix.map { FillInPrompt(prefix: prompt, suffix: $0) }
    return completion
  }

  var chat: ChatRequest {
    let messages = system.map { [ChatMessage(role: "system", content: $0)] } ?? []
    return ChatRequest(
      common: common, chat: ChatPrompt(messages: messages + [ChatMessage(role: "user", content: prompt)]))
  }
}

extension CommonFields {
  /// Ollama streams by default, and has what steers the sampling in `options`.
  init(ollama fields: RequestFields) throws {
    self.init()
    model = try fields.string("model")
    isStreamed = try fields.flag("stream") ?? true
    let isObject = fields.value("format") == "json"
    constraint =
      try isObject ? TextConstraint(kind: .jsonObject, source: "") : ConstraintFields.schema("format", in: fields)
    guard let options = try fields.object("options", table: OllamaTables.options) else { return }
    sampling = try SamplingFields(options)
    stop = try StopFields(options)
    maximumNewTokens = try options.integer("num_predict", in: -2...Int.max).flatMap { $0 < 0 ? nil : $0 }
  }
}
