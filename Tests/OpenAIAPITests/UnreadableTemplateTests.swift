import ChatTemplates
import Hummingbird
import HummingbirdTesting
import OpenAIAPI
import Testing

/// Models whose chat template cannot be read.
@Suite struct UnreadableTemplateTests {
  private static let templates = [
    "{% if true %}", "{% nosuchtag %}", "{{ 1 + }}", "{% for m messages %}{% endfor %}", "{# no end",
    String(repeating: "{% if true %}", count: 1000),
  ]

  @Test("A template that cannot be read refuses chats, and completions go on", arguments: templates)
  func refuses(template: String) async throws {
    let codec = try ByteVocabulary.codec(template: template)
    #expect(codec.templateError != nil)
    let chat = try await post(
      "/v1/chat/completions", #"{"messages":[{"role":"user","content":"hi"}]}"#, codec)
    #expect(chat.status == 400)
    let message = chat.json["error"]["message"].text ?? ""
    #expect(message.contains("chat template"), "\(message)")
    #expect(message.contains("cannot be read"), "\(message)")
    #expect(message.contains(codec.templateError?.description ?? "no reason"), "\(message)")
    #expect(try await post("/v1/completions", #"{"prompt":"hi"}"#, codec).status == 200)
  }

  @Test("A template that fails only when it is rendered is read")
  func readable() throws {
    #expect(try ByteVocabulary.codec(template: "{{ x.y }}{% include 'z' %}").templateError == nil)
  }

  private func post(_ path: String, _ body: String, _ codec: ModelTextCodec) async throws -> Reply {
    let engine = CannedEngine.answering("x")
    var settings = APISettings()
    settings.port = 0
    let server = OpenAIServer(engine: engine, codec: codec, settings: settings, logger: engine.quietLogger)
    return try await server.makeApplication().test(.router) { client in
      try await client.execute(uri: path, method: .post, body: ByteBuffer(string: body)) { response in
        Reply(status: Int(response.status.code), headers: response.headers, body: String(buffer: response.body))
      }
    }
  }
}
