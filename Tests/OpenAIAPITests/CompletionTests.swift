import Core
import OpenAIAPI
import Testing

@Suite("Plain completions", .timeLimit(.minutes(5)))
struct CompletionTests {
  @Test("A complete response has exactly the documented body")
  func goldenBody() async throws {
    let engine = CannedEngine.answering("Hello", after: [3])
    let reply = try await engine.post(
      "/v1/completions", #"{"prompt":"Hi","max_tokens":4,"model":"org/canned"}"#)
    #expect(reply.status == 200)
    #expect(reply.header("Content-Type") == "application/json; charset=utf-8")
    let golden = """
      {"choices":[{"finish_reason":"length","index":0,"logprobs":null,"text":"Hell"}],"created":0,"id":"ID",\
      "model":"org/canned","object":"text_completion",\
      "policy":{"attention":"exact","group_size":1,"method":"plain","neighbor_window":0,"trained_length":256},\
      "timings":{"cache_n":0,"predicted_ms":2000,"predicted_n":4,"predicted_per_second":1.5,\
      "predicted_per_token_ms":666.667,\
      "prompt_ms":500,"prompt_n":3,"prompt_per_second":6,"prompt_per_token_ms":166.667,"queue_ms":0},\
      "usage":{"completion_tokens":4,"prompt_tokens":3,"prompt_tokens_details":{"cached_tokens":0},"total_tokens":7}}
      """
    #expect(Golden.normalized(reply.body) == golden)
  }

  @Test("Prompts may be a text, texts, ids, or arrays of ids, and completions keep their order")
  func promptForms() async throws {
    let engine = CannedEngine { request, events in
      let copy = request.prompt.filter { $0 > 2 }
      events.yield(.admitted(try CannedEngine.choice(request)))
      for token in copy { events.yield(.token(token, logprob: nil, top: [])) }
      events.yield(.finished(.stop, GenerationTimings()))
      events.finish()
    }
    for (prompt, expected) in [
      (#""ab""#, ["ab"]), (#"["ab","c","d","e","f","g"]"#, ["ab", "c", "d", "e", "f", "g"]),
      ("[100,101]", ["ab"]), ("[[100,101],[102]]", ["ab", "c"]),
    ] {
      let reply = try await engine.post("/completions", #"{"prompt":\#(prompt)}"#)
      #expect(reply.json["choices"].count == expected.count)
      for (index, text) in expected.enumerated() {
        #expect(reply.json["choices"][index]["text"].text == text)
        #expect(reply.json["choices"][index]["index"] == .integer(index))
      }
    }
  }

  @Test("Echo returns the prompt and its log-probabilities, without a completion when none is requested")
  func echo() async throws {
    let body = #"{"prompt":"Hi","max_tokens":0,"echo":true,"logprobs":1}"#
    let engine = CannedEngine.answering("!")
    let reply = try await engine.post("/v1/completions", body)
    #expect(engine.requests.first?.scoresPromptFrom == 1)
    #expect(engine.requests.first?.maximumNewTokens == 0)
    let choice = reply.json["choices"][0]
    #expect(choice["text"].text == "Hi")
    #expect(choice["logprobs"]["tokens"] == .array([.string("<s>"), .string("H"), .string("i")]))
    #expect(choice["logprobs"]["token_logprobs"] == .array([.null, .integer(-1), .integer(-2)]))
    #expect(choice["logprobs"]["text_offset"] == .array([.integer(0), .integer(0), .integer(1)]))
    #expect(choice["logprobs"]["top_logprobs"][0] == .null)
    #expect(choice["logprobs"]["top_logprobs"][1] == .object(["H": .integer(-1), "I": .number(-0.25)]))
  }

  @Test("Log-probabilities are parallel arrays with the chosen token among the alternatives")
  func logprobs() async throws {
    let reply = try await CannedEngine.answering("a").post("/v1/completions", #"{"prompt":"x","logprobs":2}"#)
    let logprobs = reply.json["choices"][0]["logprobs"]
    #expect(logprobs["tokens"] == .array([.string("a")]))
    #expect(logprobs["token_logprobs"] == .array([.number(-0.5)]))
    #expect(logprobs["top_logprobs"] == .array([.object(["a": .number(-0.5), "b": .number(-1.5)])]))
  }

  @Test("Request fields reach the engine, and absent ones take the server's defaults")
  func parameters() async throws {
    let engine = CannedEngine.answering("x")
    var settings = APISettings()
    settings.sampling.topK = 40
    settings.sampling.temperature = 0.25
    settings.policy.neighborWindow = 32
    _ = try await engine.post(
      "/v1/completions",
      """
      {"prompt":"x","top_p":0.5,"min_p":0.1,"seed":-7,"presence_penalty":1,"frequency_penalty":-1,
       "repeat_penalty":1.5,"group_size":2,"stop_token_ids":[9],"ignore_eos":true,"max_tokens":100000,
       "user":"me"}
      """, settings: settings)
    let request = try #require(engine.requests.first)
    #expect(request.sampling.temperature == 0.25)
    #expect(request.sampling.topK == 40)
    #expect(request.sampling.topP == 0.5)
    #expect(request.sampling.minP == 0.1)
    #expect(request.sampling.seed == UInt64(bitPattern: -7))
    #expect(request.sampling.repetitionPenalty == 1.5)
    #expect(request.sampling.presencePenalty == 1)
    #expect(request.sampling.frequencyPenalty == -1)
    #expect(request.policy == PolicyRequest(groupSize: 2, neighborWindow: nil))
    #expect(request.stopTokens == [9])
    #expect(request.maximumNewTokens == 510)
  }

  @Test("A policy is asked for by its name, and the answer says its method and numbers")
  func policyByName() async throws {
    let engine = CannedEngine.answering("x")
    let reply = try await engine.post("/v1/completions", #"{"prompt":"x","policy":"string:85,16"}"#)
    #expect(engine.requests.first?.policy == PolicyRequest(.string, neighborWindow: 85, farStart: 16))
    let policy = reply.json["policy"]
    #expect(policy["method"].text == "string" && policy["far_start"] == .integer(16))
    #expect(policy["neighbor_window"] == .integer(85) && policy["trained_length"] == .integer(256))
  }

  @Test("Null or absent limits leave room for a completion, and requests without a seed differ")
  func openEnd() async throws {
    let engine = CannedEngine.answering("x")
    for limit in ["null", "-1"] {
      _ = try await engine.post("/v1/completions", #"{"prompt":"x","max_tokens":\#(limit)}"#)
    }
    // A short prompt stays within the trained length of 256, so that it is not grouped.
    #expect(engine.requests.map(\.maximumNewTokens) == [254, 254])
    let long = String(repeating: "x", count: 200)
    _ = try await engine.post("/v1/completions", #"{"prompt":"\#(long)"}"#)
    #expect(engine.requests.last?.maximumNewTokens == 512 - 201)
    #expect(Set(engine.requests.map(\.stopTokens)) == [[2]])
    #expect(Set(engine.requests.map(\.sampling.seed)).count == 3)
  }

  @Test("A stop string ends the completion before it and cancels the generation")
  func stopString() async throws {
    let engine = CannedEngine { request, events in
      events.yield(.admitted(try CannedEngine.choice(request)))
      for token in ByteVocabulary.tokens(of: "one. END two") {
        events.yield(.token(token, logprob: nil, top: []))
      }
    }
    let reply = try await engine.post("/v1/completions", #"{"prompt":"x","stop":["END","never"]}"#)
    #expect(reply.json["choices"][0]["text"].text == "one. ")
    #expect(reply.json["choices"][0]["finish_reason"].text == "stop")
    #expect(reply.json["usage"]["completion_tokens"] == .integer(8))
    #expect(await engine.nextEndIsCancellation() == true)
  }
}
