import ChatTemplates
import Testing

/// A prompt that ends within its last message, for the model to continue.
@Suite struct OpenMessageTests {
  private func open(_ source: String, _ messages: [ChatMessage]) throws -> String {
    var prompt = ChatPrompt(messages: messages)
    prompt.ending = .openMessage
    return try ChatTemplate(source: source).render(prompt, beginToken: "<s>", endToken: "</s>", date: .fixed)
      .map(\.text).joined()
  }

  @Test("The prompt ends with the last message's text, without its end mark")
  func chatML() throws {
    #expect(
      try open(TemplateSources.chatML, [.system("S"), .user("Write."), .assistant("Once upon")])
        == "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nWrite.<|im_end|>\n<|im_start|>assistant\nOnce upon")
  }

  @Test("Blanks at the end stay where the template keeps them, and go where it trims")
  func blanks() throws {
    #expect(try open(TemplateSources.chatML, [.system("S"), .user("a "), .assistant("b ")]).hasSuffix("b "))
    #expect(
      try open(TemplateSources.llama3, [.user("a"), .assistant("b ")]).hasSuffix("<|end_header_id|>\n\nb"))
  }

  @Test("Content in parts can be continued, and so can a chat of a model without a template")
  func otherForms() throws {
    #expect(try open(MessageFormTests.partTemplates[1], [.user("a"), .assistant("b")]) == "[user] a[assistant] b")
    var prompt = ChatPrompt(messages: [.user("a"), .assistant("b")])
    prompt.ending = .openMessage
    #expect(
      try ChatTemplate.plain.render(prompt, beginToken: nil, endToken: nil, date: .fixed).map(\.text).joined()
        == "User: a\nAssistant: b")
  }

  @Test("A text that itself spells the mark does not end the prompt early")
  func hostile() throws {
    let text = "x CONTINUE_FINAL_MESSAGE_TAG y"
    #expect(try open(TemplateSources.chatML, [.system("S"), .user(text), .assistant(text)]).hasSuffix("\n" + text))
  }

  @Test("Where the request does not ask for it and the template drops the text, a new message begins")
  func elseNew() throws {
    let rewriting =
      "{% for m in messages %}[{{ m.role }}]{{ m.content.split('_')[0] }}{% endfor %}"
      + "{% if add_generation_prompt %}[assistant]{% endif %}"
    for (source, end) in [(TemplateSources.chatML, "\nb_c"), (rewriting, "[assistant]b[assistant]")] {
      var prompt = ChatPrompt(messages: [.system("S"), .user("a"), .assistant("b_c")])
      prompt.ending = .openMessageElseNew
      let text = try ChatTemplate(source: source).render(prompt, beginToken: "<s>", endToken: "</s>", date: .fixed)
        .map(\.text).joined()
      #expect(text.hasSuffix(end), "\(text)")
    }
  }

  @Test("Without a text to continue, or where the template drops it, the request is refused")
  func refused() {
    let cases: [(String, [ChatMessage])] = [
      (TemplateSources.chatML, []),
      (TemplateSources.chatML, [.user("a"), ChatMessage(role: "assistant", content: nil)]),
      ("{{ messages[0].content }}", [.user("a"), .assistant("b")]),
    ]
    for (source, messages) in cases {
      let error = #expect(throws: ChatTemplateError.self) { try open(source, messages) }
      #expect(error?.kind == .refusedByTemplate)
    }
  }
}
