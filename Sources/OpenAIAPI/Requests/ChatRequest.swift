import ChatTemplates
import Core
import JSON

/// The body of `POST /v1/chat/completions`.
struct ChatRequest: Decodable, Sendable {
  var common: CommonFields
  var chat: ChatPrompt
  /// Number of alternatives per token; nil returns no log-probabilities.
  var topLogprobCount: Int?

  init(from decoder: any Decoder) throws {
    let fields = try RequestFields(decoder)
    common = try CommonFields(fields)
    guard let messages: [MessageInput] = try fields.value("messages", "an array of messages") else {
      throw fields.invalid("messages", "is missing")
    }
    guard !messages.isEmpty else { throw fields.invalid("messages", "is empty") }
    guard messages.count <= RequestLimits.messageCount else {
      throw fields.invalid("messages", "may hold at most \(RequestLimits.messageCount) messages")
    }
    chat = ChatPrompt(messages: messages.map(\.message))
    chat.ending = try fields.flag("add_generation_prompt") ?? true ? .generationPrompt : .closedMessage
    chat.templateVariables = try fields.object("chat_template_kwargs") ?? [:]
    try Self.rejectTools(fields)

    let wantsLogprobs = try fields.flag("logprobs") ?? false
    let top = try fields.integer("top_logprobs", in: 0...Limits.maximumTopLogprobCount)
    if top != nil, !wantsLogprobs { throw fields.invalid("top_logprobs", "requires logprobs to be true") }
    topLogprobCount = wantsLogprobs ? top ?? 0 : nil
  }

  /// Rejects tools: the server does not parse calls in completions.
  private static func rejectTools(_ fields: RequestFields) throws {
    let tools: [JSONValue]? = try fields.value("tools", "an array")
    let choice: JSONValue? = try fields.value("tool_choice", "a string or an object")
    guard !(tools ?? []).isEmpty, choice != .string("none") else { return }
    throw fields.invalid("tools", "are not supported by this server")
  }
}
