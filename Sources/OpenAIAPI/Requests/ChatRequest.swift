import ChatTemplates
import Core
import JSON

/// The body of `POST /v1/chat/completions`.
struct ChatRequest: RequestBody {
  static var table: FieldTable { .chat }

  var common: CommonFields
  var chat: ChatPrompt
  var tools: ToolFields
  /// Number of alternatives per token; nil returns no log-probabilities.
  var topLogprobCount: Int?
  /// Alternatives reported of each prompt token; nil reports none.
  var promptLogprobCount: Int?
  var thoughts = Thoughts.apart

  init(common: CommonFields, chat: ChatPrompt, tools: ToolFields = ToolFields()) {
    self.common = common
    self.chat = chat
    self.tools = tools
    self.chat.tools = tools.descriptions
  }

  /// What becomes of the model's thoughts.
  enum Thoughts: Hashable, Sendable {
    /// They are in `reasoning_content`.
    case apart
    /// They stay in the content, marks included.
    case inContent
    /// They are left out.
    case hidden
  }

  init(_ fields: RequestFields) throws {
    common = try CommonFields(fields)
    tools = try ToolFields(fields)
    chat = ChatPrompt(messages: try Self.messages(fields))
    chat.tools = tools.descriptions
    chat.documents = try fields.objects("documents", of: "documents", table: .open)?.map { .object($0.members) } ?? []
    chat.ending = try Self.ending(fields, after: chat.messages)
    // A constraint binds an answer from its start on.
    if common.constraint != nil, chat.ending == .openMessageElseNew { chat.ending = .generationPrompt }
    chat.templateVariables = try Self.templateVariables(fields)
    thoughts = try Self.thoughts(fields)

    let wantsLogprobs = try fields.flag("logprobs") ?? false
    let top = try fields.integer("top_logprobs", in: 0...Limits.maximumTopLogprobCount)
    if top != nil, !wantsLogprobs { throw fields.invalid("top_logprobs", "requires logprobs to be true") }
    topLogprobCount = wantsLogprobs ? top ?? 0 : nil
    promptLogprobCount = try CompletionRequest.promptLogprobCount(fields, isStreamed: common.isStreamed)
  }

  static func messages(_ fields: RequestFields) throws -> [ChatMessage] {
    guard let messages = try fields.objects("messages", of: "messages", table: .message) else {
      throw fields.invalid("messages", "is missing")
    }
    guard !messages.isEmpty else { throw fields.invalid("messages", "is empty") }
    guard messages.count <= RequestLimits.messageCount else {
      throw fields.invalid("messages", "may hold at most \(RequestLimits.messageCount) messages")
    }
    return try messages.map { try MessageInput($0).message }
  }

  static func ending(_ fields: RequestFields, after messages: [ChatMessage]) throws -> ChatPrompt.Ending {
    let opened = try fields.flag("add_generation_prompt")
    let stated = try fields.flag("continue_final_message")
    if opened == nil, stated == nil, endsInAnswer(messages) { return .openMessageElseNew }
    let continues = stated ?? false
    let opens = opened ?? !continues
    guard !continues || !opens else {
      throw fields.invalid("continue_final_message", "requires add_generation_prompt to be false")
    }
    return continues ? .openMessage : opens ? .generationPrompt : .closedMessage
  }

  /// Whether the last message is the beginning of an answer: an assistant's text without calls. Where the request does
  /// not say how the prompt ends, the model continues it, as llama-server, Ollama and Anthropic have it.
  static func endsInAnswer(_ messages: [ChatMessage]) -> Bool {
    guard let last = messages.last, last.role == "assistant", last.fields["tool_calls"] == nil else { return false }
    return last.content?.isEmpty == false
  }

  static func templateVariables(_ fields: RequestFields) throws -> JSONObject {
    var variables = try fields.object("chat_template_kwargs", table: .open)?.members ?? [:]
    if let effort = try fields.string("reasoning_effort") {
      variables["reasoning_effort"] = .string(effort)
      // What templates without degrees of effort call it.
      if effort == "none" { variables["enable_thinking"] = false }
    }
    return variables
  }

  static func thoughts(_ fields: RequestFields) throws -> Thoughts {
    let format = try fields.string("reasoning_format") ?? "auto"
    guard ["auto", "deepseek", "none"].contains(format) else {
      throw fields.invalid("reasoning_format", "must be auto, deepseek or none")
    }
    guard try fields.flag("include_reasoning") ?? true else { return .hidden }
    return format == "none" ? .inContent : .apart
  }
}
