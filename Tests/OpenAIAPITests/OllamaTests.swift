import Core
import OpenAIAPI
import Testing

@Suite("Ollama's endpoints", .timeLimit(.minutes(5)))
struct OllamaTests {
  private static let hello = #""messages":[{"role":"user","content":"Hi"}]"#
  private static let tool = #""tools":[{"type":"function","function":{"name":"time"}}]"#

  @Test("A chat streams lines unless asked for one object, and the last one has the counts")
  func stream() async throws {
    let reply = try await CannedEngine.answering("<think>So.</think>Yes").post("/api/chat", "{\(Self.hello)}")
    #expect(reply.header("Content-Type") == "application/x-ndjson")
    let lines = reply.body.split(separator: "\n").map { JSONValue.parsed(String($0)) }
    #expect(lines.compactMap { $0["message"]["content"].text }.joined() == "Yes")
    #expect(lines.compactMap { $0["message"]["thinking"].text }.joined() == "So.")
    #expect(lines.dropLast().allSatisfy { $0["done"] == .bool(false) })
    let last = try #require(lines.last)
    #expect(last["done"] == .bool(true) && last["done_reason"].text == "stop")
    #expect(last["prompt_eval_count"] == .integer(19) && last["eval_count"] == .integer(21))
    #expect(last["eval_duration"] == .integer(2_000_000_000))
  }

  @Test("Calls have their arguments as an object, and options reach the engine")
  func call() async throws {
    let engine = CannedEngine.answering(#"<tool_call>{"name":"time","arguments":{"zone":"CET"}}</tool_call>"#)
    let options = #""options":{"num_predict":150,"temperature":0.5,"seed":3,"num_ctx":9}"#
    let reply = try await engine.post("/api/chat", #"{\#(Self.hello),\#(Self.tool),"stream":false,\#(options)}"#)
    let call = reply.json["message"]["tool_calls"][0]["function"]
    #expect(call["name"].text == "time" && call["arguments"] == .object(["zone": .string("CET")]))
    let request = try #require(engine.requests.first)
    #expect(request.maximumNewTokens == 150 && request.sampling.temperature == 0.5 && request.sampling.seed == 3)
  }

  @Test("A prompt becomes a chat's message, or goes to the model as it is")
  func generate() async throws {
    let engine = CannedEngine.answering("x")
    let reply = try await engine.post("/api/generate", #"{"prompt":"Hi","system":"be","stream":false}"#)
    #expect(reply.json["response"].text == "x" && reply.json["done"] == .bool(true))
    _ = try await engine.post("/api/generate", #"{"prompt":"Hi","raw":true,"stream":false}"#)
    let expected = ["system:be\nuser:Hi\nassistant:", "Hi"].map { [1] + ByteVocabulary.tokens(of: $0) }
    #expect(engine.requests.map(\.prompt) == expected)
  }

  @Test("The model is listed and shown, and errors are a text")
  func listing() async throws {
    let engine = CannedEngine.answering("x")
    #expect(try await engine.get("/api/tags").json["models"][0]["name"].text == "org/canned")
    #expect(try await engine.get("/api/version").json.has("version"))
    let shown = try await engine.post("/api/show", #"{"model":"org/canned"}"#)
    #expect(shown.json["model_info"]["llama.context_length"] == .integer(512))
    let unknown = try await engine.post("/api/show", #"{"model":"other"}"#)
    #expect(unknown.status == 404 && unknown.json["error"].text?.contains("other") == true)
    let option = try await engine.post("/api/chat", #"{\#(Self.hello),"options":{"mirostat":2}}"#)
    #expect(option.status == 400 && option.json["error"].text?.hasPrefix("options.mirostat is not supported") == true)
  }
}
