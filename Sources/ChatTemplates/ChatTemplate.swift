import JSON

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
  ///   - beginToken: spelling of the begin token, for templates that write it; nil where the model has none. Likewise
  ///     `endToken`.
  ///   - date: what the template's `strftime_now` formats.
  /// - Throws: `ChatTemplateError`; of the kind `refusedByTemplate` when the messages are at fault.
  package func render(
    _ prompt: ChatPrompt, beginToken: String?, endToken: String?, date: TemplateDate
  ) throws(ChatTemplateError) -> [ChatSegment] {
    guard case .statements(let statements) = form else { return PlainChat.segments(prompt) }
    var variables: [String: TemplateValue] = [:]
    for member in prompt.templateVariables.members { variables[member.key] = try TemplateValue(member.value) }
    var messages: [TemplateValue] = []
    for message in prompt.messages { messages.append(try TemplateValue(message)) }
    variables["messages"] = .list(try TemplateList(messages))
    variables["tools"] = prompt.tools.isEmpty ? TemplateValue.none : try TemplateValue(.array(prompt.tools))
    variables["documents"] = prompt.documents.isEmpty ? TemplateValue.none : try TemplateValue(.array(prompt.documents))
    variables["add_generation_prompt"] = .bool(prompt.ending == .generationPrompt)
    variables["bos_token"] = beginToken.map { .text($0, isFromTemplate: true) }
    variables["eos_token"] = endToken.map { .text($0, isFromTemplate: true) }
    var executor = StatementExecutor(variables: variables, date: date)
    return try executor.render(statements).segments
  }
}
