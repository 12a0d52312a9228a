import Core
import JSON
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

  @Test("Several prompts are answered by a list, also in mixed forms, and one prompt by an object")
  func lists() async throws {
    let engine = CannedEngine.answering("ab")
    let list = try await engine.post("/completion", #"{"prompt":["x",[100,"y",101],{"prompt_string":"z"}]}"#)
    #expect(list.json.count == 3 && list.json[2]["index"] == .integer(2) && list.json[1]["content"].text == "ab")
    #expect(engine.requests.contains { $0.prompt == [100] + ByteVocabulary.tokens(of: "y") + [101] })
    #expect(try await engine.post("/completion", #"{"prompt":["x"]}"#).json.count == 1)
    #expect(try await engine.post("/completion", #"{"prompt":[100,"y"]}"#).json["content"].text == "ab")
    #expect(try await engine.post("/completion", #"{"prompt":"x","n":2}"#).json.count == 2)
    for (media, status) in [(#"["AAAA"]"#, 400), (#""AAAA""#, 400), ("[]", 200), ("null", 200)] {
      let prompt = #"{"prompt_string":"z","multimodal_data":\#(media)}"#
      #expect(try await engine.post("/completion", #"{"prompt":\#(prompt)}"#).status == status, "\(media)")
    }
  }

  @Test("An answer says what it was sampled with and what its prompt was")
  func settings() async throws {
    let engine = CannedEngine.answering("a\nb")
    let body = #"{"prompt":"x","n_predict":3,"seed":7,"top_k":5,"temperature":0.8,"ignore_eos":true}"#
    let reply = try await engine.post("/completion", body)
    let settings = reply.json["generation_settings"]
    #expect(settings["seed"] == .integer(7) && settings["n_predict"] == .integer(3))
    #expect(settings["top_k"] == .integer(5) && settings["temperature"] == .number(0.8))
    #expect(settings["logit_bias"][0]["token"] == .integer(2) && settings["logit_bias"][0]["bias"] == .null)
    #expect(reply.json["prompt"].text == "<s>x" && reply.json["has_new_line"] == .bool(true))
    #expect(reply.json["truncated"] == .bool(false) && reply.json["tokens_cached"] == .integer(4))
    #expect(reply.json["timings"].has("predicted_per_second"))
    let stream = try await engine.post("/completion", #"{"prompt":"x","stream":true,"seed":7}"#).chunks
    #expect(stream.last?["generation_settings"]["seed"] == .integer(7))
    #expect(stream.last?["has_new_line"] == .bool(true))
    #expect(stream.dropLast().allSatisfy { $0["tokens"].count == 1 })
  }

  @Test("An answer has only the fields that are asked for, also nested ones")
  func selected() async throws {
    let reply = try await CannedEngine.answering("ab").post(
      "/completion", #"{"prompt":"x","response_fields":["content","generation_settings/n_predict","nothing/here"]}"#)
    #expect(reply.json.members?.keys.sorted() == ["content", "generation_settings/n_predict"])
    #expect(reply.json["generation_settings/n_predict"] == .integer(-1))
  }

  @Test("A stream says on request how far the prompt is, and what each token took")
  func progress() async throws {
    let chunks = try await CannedEngine.answering("ab", after: [1, 2]).post(
      "/completion", #"{"prompt":"x","stream":true,"return_progress":true,"timings_per_token":true}"#
    ).chunks
    let reports = chunks.map { $0["prompt_progress"]["processed"] }.filter { $0 != .null }
    #expect(reports == [.integer(0), .integer(1), .integer(2)])
    #expect(chunks.allSatisfy { $0.has("timings") } && chunks[0]["timings"]["prompt_ms"] == .integer(0))
  }

  @Test("Slots are as many as run at once, and say how far those are that run")
  func slots() async throws {
    var settings = APISettings()
    let running = ServerLoad.Running(
      id: 9, promptTokenCount: 4, computedTokenCount: 6, generatedTokenCount: 3, remainingTokenCount: 5)
    settings.load = { ServerLoad(sequenceLimit: 2, running: [running]) }
    let slots = try await CannedEngine.answering("x").get("/slots", settings: settings).json
    #expect(slots.count == 2 && slots[1]["is_processing"] == .bool(false) && slots[1]["n_ctx"] == .integer(512))
    #expect(slots[0]["is_processing"] == .bool(true) && slots[0]["n_prompt_tokens_processed"] == .integer(4))
    #expect(slots[0]["next_token"][0]["n_remain"] == .integer(5) && !slots[0].has("prompt"))
  }

  @Test("What a slot holds is not saved, restored or erased, and the error says why", arguments: ["save", "erase"])
  func slotActions(action: String) async throws {
    let reply = try await CannedEngine.answering("x").post("/slots/0?action=\(action)", #"{"filename":"a.bin"}"#)
    #expect(reply.status == 501 && reply.json["error"]["code"].text == "slot_actions_not_supported")
  }

  @Test("A server that keeps its slots to itself says so, and how to see them")
  func slotsOff() async throws {
    var settings = APISettings()
    settings.servesSlots = false
    let reply = try await CannedEngine.answering("x").get("/slots", settings: settings)
    #expect(reply.status == 501 && reply.json["error"]["code"].text == "slots_off")
    #expect(reply.json["error"]["message"].text?.contains("--no-slots") == true)
  }

  @Test("Properties name the context, the template, the file and what requests are sampled with")
  func properties() async throws {
    var settings = APISettings()
    (settings.version, settings.modelFileName) = ("1.2.3", "canned.gguf")
    settings.requestDefaults = try RequestDefaults(["seed": 42, "top_k": 3])
    settings.load = { ServerLoad(sequenceLimit: 4, running: []) }
    let engine = CannedEngine.answering("x")
    let reply = try await engine.get("/props", settings: settings)
    let sampled = reply.json["default_generation_settings"]["params"]
    #expect(sampled["seed"] == .integer(42) && sampled["top_k"] == .integer(3))
    #expect(reply.json["total_slots"] == .integer(4))
    #expect(reply.json["default_generation_settings"]["n_ctx"] == .integer(512))
    #expect(reply.json["model_path"].text == "canned.gguf" && reply.json["bos_token"].text == "<s>")
    #expect(reply.json["chat_template"].text?.contains("bos_token") == true)
    #expect(try await engine.get("/version", settings: settings).body == #"{"version":"1.2.3"}"#)
  }
}
