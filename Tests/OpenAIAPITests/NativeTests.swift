import Core
import OpenAIAPI
import Testing

@Suite("llama-server's own endpoints", .timeLimit(.minutes(5)))
struct NativeTests {
  @Test("A completion says why it stopped, what it cost and, on request, its tokens and their alternatives")
  func whole() async throws {
    let engine = CannedEngine.answering("one END two")
    let reply = try await engine.post(
      "/completion", #"{"prompt":"x","n_predict":5,"n_probs":1,"return_tokens":true,"stop":["END"]}"#)
    #expect(reply.json["stop"] == .bool(true) && reply.json["stop_type"].text == "limit")
    #expect(reply.json["tokens_evaluated"] == .integer(2) && reply.json["tokens_predicted"] == .integer(5))
    #expect(reply.json["tokens"].count == 5)
    let first = reply.json["completion_probabilities"][0]
    #expect(first["token"].text == "o" && first["logprob"] == .number(-0.5) && first["top_logprobs"].count == 1)
    #expect(reply.json["timings"]["prompt_n"] == .integer(2))
    let stopped = try await engine.post("/completion", #"{"prompt":"x","stop":["END"]}"#)
    #expect(stopped.json["content"].text == "one ")
    #expect(stopped.json["stop_type"].text == "word" && stopped.json["stopping_word"].text == "END")
    #expect(stopped.json["tokens"] == .array([]) && !stopped.json.has("completion_probabilities"))
  }

  @Test("A stream ends with the event that stops, and without a mark")
  func stream() async throws {
    let reply = try await CannedEngine.answering("abc").post("/completion", #"{"prompt":"x","stream":true}"#)
    #expect(reply.chunks.compactMap { $0["content"].text }.joined() == "abc")
    #expect(reply.chunks.last?["stop"] == .bool(true))
    #expect(reply.chunks.dropLast().allSatisfy { $0["stop"] == .bool(false) })
    #expect(reply.chunks.last?["stop_type"].text == "eos" && !reply.body.contains("[DONE]"))
  }

  @Test("Properties name the context, the template and the file")
  func properties() async throws {
    var settings = APISettings()
    (settings.version, settings.modelFileName) = ("1.2.3", "canned.gguf")
    let engine = CannedEngine.answering("x")
    let reply = try await engine.get("/props", settings: settings)
    #expect(reply.json["default_generation_settings"]["n_ctx"] == .integer(512))
    #expect(reply.json["model_path"].text == "canned.gguf" && reply.json["bos_token"].text == "<s>")
    #expect(reply.json["chat_template"].text?.contains("bos_token") == true)
    #expect(try await engine.get("/version", settings: settings).body == #"{"version":"1.2.3"}"#)
  }
}
