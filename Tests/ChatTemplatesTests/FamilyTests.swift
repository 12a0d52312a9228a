import ChatTemplates
import JSON
import Testing

/// The prompts of the common families, written out by hand.
@Suite struct FamilyTests {
  private let chat: [ChatMessage] = [.user(" Hi "), .assistant("Hello."), .user("Who are you?")]

  @Test("ChatML puts a default system message before a chat that has none")
  func chatML() throws {
    #expect(
      try render(TemplateSources.chatML, chat, generating: true)
        == "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n Hi <|im_end|>\n"
        + "<|im_start|>assistant\nHello."
        + "<|im_end|>\n<|im_start|>user\nWho are you?<|im_end|>\n<|im_start|>assistant\n")
    #expect(
      try render(TemplateSources.chatML, [.system("S"), .user("U")])
        == "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n")
  }

  @Test("Llama 2 folds the system message into the first instruction")
  func llama2() throws {
    #expect(
      try render(TemplateSources.llama2, [.system("Be kind.")] + chat)
        == "<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\n Hi [/INST] Hello. </s><s>[INST] Who are you? [/INST]")
    #expect(
      try render(TemplateSources.llama2, chat)
        == "<s>[INST] Hi [/INST] Hello. </s><s>[INST] Who are you? [/INST]")
  }

  @Test("Llama 3 trims contents and begins with the begin token")
  func llama3() throws {
    #expect(
      try render(TemplateSources.llama3, [.user(" Hi\n")], generating: true)
        == "<s><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
        + "<|start_header_id|>assistant<|end_header_id|>\n\n")
  }

  @Test("Llama 3.1 writes its system block, with and without tools")
  func llama31() throws {
    let start = "<s><|start_header_id|>system<|end_header_id|>\n\n"
    let end = "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
    #expect(
      try render(TemplateSources.llama31, [.system(" Short. "), .user("Hi")])
        == start + "Today Date: 26 Jul 2024\n\nShort." + end)
    let tool = JSONValue.object(["name": .string("f"), "strict": .bool(true)])
    #expect(
      try render(
        TemplateSources.llama31, [.user("Hi")],
        tools: [tool], extra: ["date_string": .string("today")])
        == start + "Functions:\n{\n    \"name\": \"f\",\n    \"strict\": true\n}\n\nToday Date: today\n\n"
        + end)
  }

  @Test("Llama 3.1 shows the date of today, or the request's")
  func llama31Date() throws {
    let template = try ChatTemplate(source: TemplateSources.llama31)
    var prompt = ChatPrompt(messages: [.user("Hi")])
    let date = TemplateDate(year: 2026, month: 11, day: 3)
    func text() throws -> String {
      try template.render(prompt, beginToken: "<s>", endToken: "</s>", date: date).map(\.text).joined()
    }
    #expect(try text().contains("Today Date: 03 Nov 2026\n"))
    prompt.templateVariables = ["date_string": "some day"]
    #expect(try text().contains("Today Date: some day\n"))
  }

  @Test("Firefunction finds the functions as JSON text and the date, with tools and without")
  func firefunction() throws {
    let source = "{{ 'Functions:\\n' + functions + '\\nToday is ' + datetime + '.' }}"
    #expect(try render(source, [.user("Hi")]) == "Functions:\n[]\nToday is Jul 26 2024 00:00:00.")
    let tool = JSONValue.object(["name": .string("f")])
    #expect(
      try render(source, [.user("Hi")], tools: [tool])
        == "Functions:\n[{\"name\":\"f\"}]\nToday is Jul 26 2024 00:00:00.")
  }

  @Test("Llama 3.1 writes the arguments of a call in a message")
  func llama31Calls() throws {
    let arguments = JSONValue.object(["city": .string("Paris"), "unit": .string("C")])
    let call = JSONValue.object(["function": .object(["name": .string("f"), "arguments": arguments])])
    let message = ChatMessage(role: "assistant", content: "", fields: ["tool_calls": .array([call])])
    let text = try render(TemplateSources.llama31, [.user("Hi"), message])
    #expect(text.hasSuffix("Hi<|eot_id|>city=\"Paris\", unit=\"C\""))
    let two = ChatMessage(role: "assistant", content: "", fields: ["tool_calls": .array([call, call])])
    #expect(throws: ChatTemplateError.self) { try render(TemplateSources.llama31, [.user("Hi"), two]) }
  }

  @Test("Mistral rejects roles out of order as an error of the messages")
  func mistral() throws {
    #expect(
      try render(TemplateSources.mistral, chat)
        == "<s>[INST]  Hi  [/INST]Hello.</s>[INST] Who are you? [/INST]")
    let error = #expect(throws: ChatTemplateError.self) {
      try render(TemplateSources.mistral, [.user("a"), .user("b")])
    }
    #expect(error?.kind == .refusedByTemplate)
    #expect(error?.description.contains("Conversation roles must alternate") == true)
  }

  @Test("Zephyr and TinyLlama lose the line ends of tags, but not of outputs")
  func zephyr() throws {
    #expect(
      try render(TemplateSources.zephyr, [.system("S"), .user("U")], generating: true)
        == "<|system|>\nS</s>\n<|user|>\nU</s>\n<|assistant|>\n")
  }

  @Test("Phi-3 and SOLAR render as written")
  func others() throws {
    #expect(
      try render(TemplateSources.phi3, chat)
        == "<s><|user|>\n Hi <|end|>\n<|assistant|>\nHello.<|end|>\n<|user|>\nWho are you?<|end|>\n"
        + "<|assistant|>\n"
    )
    #expect(
      try render(TemplateSources.solar, [.system("")] + chat, generating: true)
        == "### User:\n Hi \n\n### Assistant:\nHello.### User:\nWho are you?\n\n### Assistant:\n")
  }

  @Test("A model without a template gets roles, colons and lines")
  func plain() throws {
    let segments = try ChatTemplate.plain.render(
      ChatPrompt(messages: [.system("Be kind.")] + chat), beginToken: "<s>", endToken: "</s>", date: .fixed)
    #expect(
      segments.map(\.text).joined()
        == "Be kind.\nUser:  Hi \nAssistant: Hello.\nUser: Who are you?\nAssistant:")
    #expect(segments.first == ChatSegment(text: "Be kind.", isFromTemplate: false))
  }
}
