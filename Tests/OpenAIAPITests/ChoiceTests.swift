import Core
import OpenAIAPI
import Testing

@Suite("Several answers, and what is reported of them", .timeLimit(.minutes(5)))
struct ChoiceTests {
  /// Answers with the seed's parity, so that answers differ: odd ones are likelier.
  private static func seeded() -> CannedEngine {
    CannedEngine { request, events in
      events.yield(.admitted(try CannedEngine.choice(request)))
      let isOdd = request.sampling.seed % 2 == 1
      let logprob: Float? = request.topLogprobCount == nil ? nil : isOdd ? -1 : -2
      events.yield(.token(ByteVocabulary.tokens(of: isOdd ? "o" : "e")[0], logprob: logprob, top: []))
      events.yield(.finished(.stop, GenerationTimings()))
      events.finish()
    }
  }

  @Test("n answers to each prompt have seeds of their own, the first one the request's; a prompt is counted once")
  func several() async throws {
    let engine = Self.seeded()
    let reply = try await engine.post("/v1/completions", #"{"prompt":["x","y"],"n":2,"seed":4}"#)
    let choices = reply.json["choices"]
    #expect((0..<4).map { choices[$0]["text"].text } == ["e", "o", "e", "o"])
    #expect((0..<4).map { choices[$0]["index"] } == (0..<4).map { .integer($0) })
    #expect(engine.requests.contains { $0.sampling.seed == 4 })
    #expect(reply.json["usage"]["prompt_tokens"] == .integer(4))
    #expect(reply.json["usage"]["completion_tokens"] == .integer(4))
    let chat = try await engine.post(
      "/v1/chat/completions", #"{"messages":[{"role":"user","content":"a"}],"n":3,"seed":1,"stream":true}"#)
    #expect(Set(chat.chunks.map { $0["choices"][0]["index"] }) == [.integer(0), .integer(1), .integer(2)])
    #expect(chat.chunks.compactMap { $0["choices"][0]["finish_reason"].text } == ["stop", "stop", "stop"])
  }

  @Test("Of best_of answers the likeliest are returned, and all are paid for")
  func best() async throws {
    let engine = Self.seeded()
    let reply = try await engine.post("/v1/completions", #"{"prompt":"x","n":1,"best_of":2,"seed":4}"#)
    #expect(reply.json["choices"].count == 1)
    #expect(reply.json["choices"][0]["text"].text == "o" && reply.json["choices"][0]["logprobs"] == .null)
    #expect(reply.json["usage"]["completion_tokens"] == .integer(2))
    for body in [#""n":3,"best_of":2"#, #""best_of":2,"stream":true"#] {
      let refused = try await engine.post("/v1/completions", #"{"prompt":"x",\#(body)}"#)
      #expect(refused.status == 400 && refused.json["error"]["param"].text == "best_of")
    }
  }

  @Test(
    "Offsets index the text: a token without text has the place where the next begins, and a stop string's has none")
  func offsets() async throws {
    let reply = try await CannedEngine.answering("aé!END").post(
      "/v1/completions", #"{"prompt":[1,100,1,101],"echo":true,"logprobs":0,"stop":"END"}"#)
    let choice = reply.json["choices"][0]
    #expect(choice["text"].text == "abaé!")
    // <s> a <s> b, then a, the two bytes of é, and !
    let offsets = [0, 0, 1, 1, 2, 3, 3, 4]
    #expect(choice["logprobs"]["text_offset"] == .array(offsets.map { .integer($0) }))
    #expect(choice["logprobs"]["tokens"].count == offsets.count)
  }

  @Test(
    "Offsets of an echoed prompt count the control tokens that the client spelled out, and none that was added",
    arguments: [
      // The begin token that was added, a, <s>, b, </s>, then the answer.
      (#""prompt":"a<s>b</s>""#, "a<s>b</s>xy", [0, 0, 1, 4, 5, 9, 10]),
      // Its own begin token; none is added to it.
      (#""prompt":"<s>é</s></s>""#, "<s>é</s></s>xy", [0, 3, 3, 4, 8, 12, 13]),
      // As ids they have no text.
      (#""prompt":[1,100,2,101]"#, "abxy", [0, 0, 1, 1, 2, 3]),
      // What was cut off is not echoed either.
      (#""prompt":"abcdef","truncate_prompt_tokens":2"#, "efxy", [0, 1, 2, 3]),
    ])
  func spelledControlTokens(prompt: String, text: String, offsets: [Int]) async throws {
    let reply = try await CannedEngine.answering("xy").post(
      "/v1/completions", #"{\#(prompt),"echo":true,"logprobs":0}"#)
    let choice = reply.json["choices"][0]
    #expect(choice["text"].text == text)
    #expect(choice["logprobs"]["text_offset"] == .array(offsets.map { .integer($0) }))
  }

  @Test("A stream's offsets are those of the whole text, and no report comes before its text")
  func streamedOffsets() async throws {
    let reply = try await CannedEngine.answering("one ENough ENDx").post(
      "/v1/completions", #"{"prompt":"x","logprobs":0,"stop":"END","stream":true}"#)
    var text = ""
    var seen = 0
    for chunk in reply.chunks {
      let choice = chunk["choices"][0]
      text += choice["text"].text ?? ""
      guard case .array(let offsets) = choice["logprobs"]["text_offset"] else { continue }
      for offset in offsets {
        #expect(offset == .integer(seen))
        seen += 1
      }
      #expect(seen <= text.count)
    }
    #expect(text == "one ENough " && seen == text.count)
  }

  @Test("Token ids of prompt and answer come on request, in one piece or in pieces")
  func tokenIDs() async throws {
    let engine = CannedEngine.answering("abc")
    let body = #""prompt":"x","max_tokens":2,"return_token_ids":true"#
    let whole = try await engine.post("/v1/completions", "{\(body)}").json["choices"][0]
    #expect(whole["prompt_token_ids"] == .array([.integer(1), .integer(123)]))
    #expect(whole["token_ids"] == .array([.integer(100), .integer(101)]))
    let stream = try await engine.post("/v1/completions", #"{\#(body),"stream":true}"#)
    let ids = stream.chunks.flatMap { chunk -> [JSONValue] in
      if case .array(let ids) = chunk["choices"][0]["token_ids"] { ids } else { [] }
    }
    #expect(ids == [.integer(100), .integer(101)])
    #expect(stream.chunks.first?["choices"][0]["prompt_token_ids"].count == 2)
  }

  @Test("Usage so far is in every event when it is wanted")
  func runningUsage() async throws {
    let reply = try await CannedEngine.answering("abc").post(
      "/v1/completions",
      #"{"prompt":"x","max_tokens":2,"stream":true,"stream_options":{"continuous_usage_stats":true}}"#)
    #expect(reply.chunks.map { $0["usage"]["completion_tokens"] } == [1, 2, 2, 2].map { .integer($0) })
    #expect(reply.chunks.allSatisfy { $0["usage"]["prompt_tokens"] == .integer(2) })
  }

  @Test("Biases, the minimum of tokens and the further filters reach the engine; end tokens are held back with it")
  func sampling() async throws {
    let engine = CannedEngine.answering("x")
    let body = """
      {"prompt":"abcdef","logit_bias":{"7":-100,"5":1.5},"min_tokens":3,"stop_token_ids":[9],"typical_p":0.5,
       "top_n_sigma":2,"xtc_probability":0.25,"xtc_threshold":0.2,"truncate_prompt_tokens":2}
      """
    #expect(try await engine.post("/v1/completions", body).status == 200)
    let request = try #require(engine.requests.first)
    #expect(request.sampling.logitBiases == [LogitBias(token: 5, bias: 1.5), LogitBias(token: 7, bias: -100)])
    #expect(request.sampling.minimumNewTokens == 3 && request.sampling.endTokens == [2, 9])
    #expect(request.sampling.typicalP == 0.5 && request.sampling.topNSigma == 2)
    #expect(request.sampling.xtcProbability == 0.25 && request.sampling.xtcThreshold == 0.2)
    #expect(request.prompt == ByteVocabulary.tokens(of: "ef"))
    _ = try await engine.post("/v1/completions", #"{"prompt":"x","logit_bias":[[5,false],[7,2]]}"#)
    #expect(engine.requests.last?.sampling.logitBiases.first == LogitBias(token: 5, bias: -.infinity))
    for bias in [#"{"":1}"#, #"{"1":101}"#, #"{"-1":1}"#, "[[1]]", #"{"1":"x"}"#, "3"] {
      let refused = try await engine.post("/v1/completions", #"{"prompt":"x","logit_bias":\#(bias)}"#)
      #expect(refused.status == 400 && refused.json["error"]["param"].text == "logit_bias", "\(bias)")
    }
  }

  @Test("A stop string may be part of the answer")
  func includedStop() async throws {
    let reply = try await CannedEngine.answering("one END two").post(
      "/v1/completions", #"{"prompt":"x","stop":"END","include_stop_str_in_output":true}"#)
    #expect(reply.json["choices"][0]["text"].text == "one END")
  }
}
