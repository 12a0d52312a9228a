/// A model's chat template: turns messages into the prompt format the model was trained on.
///
/// Interprets the part of Jinja that chat templates use. A template cannot reach anything of the process, and its
/// depth, work and output are limited. Immutable, so any thread may use it.
package struct ChatTemplate: Sendable {
  private enum Form: Sendable {
    case statements([Statement])
    case plain
  }
  private let form: Form

  /// For models without a template: one line for each message with its role and a colon, then `Assistant:`.
  package static let plain = ChatTemplate(form: .plain)

  private init(form: Form) { self.form = form }

  /// - Parameter source: Jinja, as in GGUF's `tokenizer.chat_template`.
  /// - Throws: `ChatTemplateError` when the source is too long, nested too deep, malformed, or has unsupported tags.
  ///   Unsupported filters, tests and functions are errors only when a rendering reaches them.
  package init(source: String) throws(ChatTemplateError) {
    guard source.utf8.count <= ChatTemplateLimits.sourceByteCount else {
      throw ChatTemplateError(
        .limit,
        "the chat template has \(source.utf8.count) bytes; at most \(ChatTemplateLimits.sourceByteCount) are supported")
    }
    form = .statements(try StatementParser.parse(source))
  }

  /// The prompt for a chat, cut where its origin changes.
  /// - Parameters:
  ///   - addGenerationPrompt: whether the prompt ends with the start of an assistant message.
  ///   - beginToken: spelling of the begin token, for templates that write it; likewise `endToken`.
  ///   - date: what the template's `strftime_now` formats.
  ///   - extra: further variables of the template; their contents count as the user's text. They cannot replace the
  ///     variables above.
  /// - Throws: `ChatTemplateError`; of the kind `refusedByTemplate` when the messages are at fault.
  package func render(
    messages: [ChatMessage], addGenerationPrompt: Bool, beginToken: String, endToken: String, date: TemplateDate,
    extra: [String: ChatValue] = [:]
  ) throws(ChatTemplateError) -> [ChatSegment] {
    guard case .statements(let statements) = form else {
      return PlainChat.segments(messages, addGenerationPrompt: addGenerationPrompt)
    }
    var variables: [String: TemplateValue] = ["tools": .none, "documents": .none]
    for (name, value) in extra { variables[name] = try TemplateValue(value) }
    var list: [TemplateValue] = []
    for message in messages { list.append(try ChatTemplate.value(of: message)) }
    variables["messages"] = .list(try TemplateList(list))
    variables["add_generation_prompt"] = .bool(addGenerationPrompt)
    variables["bos_token"] = .text(beginToken, isFromTemplate: true)
    variables["eos_token"] = .text(endToken, isFromTemplate: true)
    var executor = StatementExecutor(variables: variables, date: date)
    return try executor.render(statements).segments
  }

  private static func value(of message: ChatMessage) throws(ChatTemplateError) -> TemplateValue {
    var entries: [(key: String, value: TemplateValue)] = [
      ("role", .text(message.role)), ("content", .text(message.content)),
    ]
    for (name, value) in message.fields.sorted(by: { $0.key < $1.key })
    where name != "role" && name != "content" {
      entries.append((name, try TemplateValue(value)))
    }
    return .mapping(try TemplateMapping(entries))
  }
}
