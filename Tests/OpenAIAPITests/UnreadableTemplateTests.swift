import ChatTemplates
import OpenAIAPI
import Testing

/// Models whose chat template cannot be read.
@Suite struct UnreadableTemplateTests {
  private static let templates = [
    "{% if true %}", "{% nosuchtag %}", "{{ 1 + }}", "{% for m messages %}{% endfor %}", "{# no end",
    String(repeating: "{% if true %}", count: 1000), "{% macro f( %}x{% endmacro %}", "{{ 'a }}", "{% block a %}",
    "{% raw %}", "{% endfor %}", "{% call %}{% endcall %}",
  ]

  @Test("A template that cannot be read refuses chats, and completions go on", arguments: templates)
  func refuses(template: String) async throws {
    let codec = try ByteVocabulary.codec(template: template)
    #expect(codec.templateError != nil)
    let engine = CannedEngine.answering("x")
    let chat = try await engine.post(
      "/v1/chat/completions", #"{"messages":[{"role":"user","content":"hi"}]}"#, codec: codec)
    #expect(chat.status == 400)
    let message = chat.json["error"]["message"].text ?? ""
    #expect(message.contains("chat template"), "\(message)")
    #expect(message.contains("cannot be read"), "\(message)")
    #expect(message.contains(codec.templateError?.description ?? "no reason"), "\(message)")
    #expect(try await engine.post("/v1/completions", #"{"prompt":"hi"}"#, codec: codec).status == 200)
  }

  @Test("A template that fails only when it is rendered is read")
  func readable() throws {
    #expect(try ByteVocabulary.codec(template: "{{ x.y }}{% include 'z' %}").templateError == nil)
  }
}
