package import JSON

/// A model's chat template: turns messages into the prompt format the model was trained on.
///
/// Interprets Jinja as the library transformers sets it up. A template cannot reach anything of the process, and its
/// depth, work and output are limited. Immutable, so any thread may use it.
package struct ChatTemplate: Sendable {
  private enum Form: Sendable {
    case jinja(ParsedTemplate, MessageConventions)
    case plain
    case unreadable(ChatTemplateError)
  }
  private let form: Form

  /// For models without a template: one line for each message with its role and a colon, then `Assistant:`.
  package static let plain = ChatTemplate(form: .plain)

  /// In place of a template that cannot be read: every chat is refused with the reason.
  package static func unreadable(_ error: ChatTemplateError) -> ChatTemplate {
    ChatTemplate(
      form: .unreadable(
        ChatTemplateError(error.kind, "it cannot be read, so this server answers no chats: \(error.description)")))
  }

  private init(form: Form) { self.form = form }

  /// - Parameter source: Jinja, as in GGUF's `tokenizer.chat_template`.
  /// - Throws: `ChatTemplateError` when the source is too long, nested too deep, malformed, or has unknown tags.
  ///   Unsupported filters, tests and functions are errors only when a rendering reaches them.
  package init(source: String) throws(ChatTemplateError) {
    guard source.utf8.count <= ChatTemplateLimits.sourceByteCount else {
      throw ChatTemplateError(
        .limit,
        "the chat template has \(source.utf8.count) bytes; at most \(ChatTemplateLimits.sourceByteCount) are supported")
    }
    let template = try StatementParser.parse(source)
    form = .jinja(template, MessageConventions(of: template))
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
    guard prompt.ending == .openMessageElseNew else {
      return try rendered(prompt, beginToken: beginToken, endToken: endToken, date: date)
    }
    var prompt = prompt
    prompt.ending = .openMessage
    do { return try rendered(prompt, beginToken: beginToken, endToken: endToken, date: date) } catch {
      guard error.kind == .refusedByTemplate else { throw error }
      prompt.ending = .generationPrompt
      return try rendered(prompt, beginToken: beginToken, endToken: endToken, date: date)
    }
  }

  private func rendered(
    _ prompt: ChatPrompt, beginToken: String?, endToken: String?, date: TemplateDate
  ) throws(ChatTemplateError) -> [ChatSegment] {
    let (template, conventions): (ParsedTemplate, MessageConventions)
    switch form {
    case .jinja(let parsed, let found): (template, conventions) = (parsed, found)
    case .plain: return PlainChat.segments(prompt)
    case .unreadable(let error): throw error
    }
    var variables = try CustomaryVariables.values(of: prompt, date: date)
    for member in prompt.templateVariables.members { variables[member.key] = try TemplateValue(member.value) }
    variables["tools"] = prompt.tools.isEmpty ? TemplateValue.none : try TemplateValue(.array(prompt.tools))
    variables["documents"] = prompt.documents.isEmpty ? TemplateValue.none : try TemplateValue(.array(prompt.documents))
    variables["add_generation_prompt"] = .bool(prompt.ending == .generationPrompt)
    variables["bos_token"] = beginToken.map { .text($0, isFromTemplate: true) }
    variables["eos_token"] = endToken.map { .text($0, isFromTemplate: true) }
    let context = RenderContext(date: date, stepCount: ChatTemplateLimits.stepCount)
    let open = prompt.ending == .openMessage ? try OpenMessage(prompt.messages) : nil
    let messages = open?.messages ?? prompt.messages
    var text: TracedText
    do {
      variables["messages"] = try conventions.value(of: messages)
      text = try Renderer.render(template, variables, context)
    } catch {
      // Some templates take it for granted that every message has a text.
      guard error.kind == .evaluation, messages.contains(where: { $0.content == nil }) else { throw error }
      variables["messages"] = try conventions.value(of: messages.map(\.withContent))
      text = try Renderer.render(template, variables, context)
    }
    if let open { text = try open.cut(text) }
    return text.segments
  }

  /// What the template makes of variables as they are: nothing is added to them, and no message is changed.
  package func render(variables: JSONObject, date: TemplateDate) throws(ChatTemplateError) -> String {
    guard case .jinja(let template, _) = form else { return "" }
    var values: [String: TemplateValue] = [:]
    for member in variables.members { values[member.key] = try TemplateValue(member.value) }
    return try Renderer.render(
      template, values, RenderContext(date: date, stepCount: ChatTemplateLimits.stepCount)
    ).string
  }
}

extension ChatMessage {
  /// The message with an empty text where it has none.
  fileprivate var withContent: ChatMessage {
    var message = self
    message.content = content ?? ""
    return message
  }
}
