import Core
import OpenAIAPI
import Testing

@Suite("Numbers and texts of a body", .timeLimit(.minutes(5)))
struct NumberTests {
  @Test(
    "A number that does not fit its field is refused with the field and what it may be",
    arguments: [
      ("max_tokens", "6000.5", "an integer of at least -1"), ("max_tokens", "1e400", "an integer of at least -1"),
      ("max_tokens", "-2", "an integer of at least -1"), ("seed", "-9223372036854776000", "an integer between"),
      ("seed", "18446744073709551616", "an integer between"), ("seed", "0.5", "an integer between"),
      ("temperature", "1e400", "a number between 0 and 100"), ("temperature", "-1", "a number between 0 and 100"),
      ("top_p", "1.01", "a number between 0 and 1"), ("top_k", "1e30", "an integer between -1 and"),
      ("repeat_penalty", "0", "a number between 0.01 and 100"), ("n", "0", "an integer between 1 and 128"),
      ("logprobs", "21", "an integer between 0 and 20"), ("typical_p", "0", "a number between 0.001 and 1"),
      ("min_tokens", "-1", "an integer between 0 and"), ("frequency_penalty", "-1e39", "a number between -100 and 100"),
    ])
  func outOfRange(field: String, value: String, bounds: String) async throws {
    let reply = try await CannedEngine.answering("x").post("/v1/completions", #"{"prompt":"x","\#(field)":\#(value)}"#)
    #expect(reply.status == 400)
    #expect(reply.json["error"]["param"].text == field)
    #expect(reply.json["error"]["message"].text?.contains("\(field) must be \(bounds)") == true, "\(reply.body)")
  }

  @Test("A whole number may be written with a point or an exponent, and every 64-bit seed is one")
  func wholeNumbers() async throws {
    let engine = CannedEngine.answering("x")
    for seed in ["18446744073709551615", "-9223372036854775808", "1.0", "2e3"] {
      let reply = try await engine.post("/v1/completions", #"{"prompt":"x","max_tokens":2.0,"seed":\#(seed)}"#)
      #expect(reply.status == 200, "\(reply.body)")
    }
    #expect(engine.requests.map(\.sampling.seed) == [.max, 1 << 63, 1, 2000])
    #expect(engine.requests.allSatisfy { $0.maximumNewTokens == 2 })
  }

  @Test(
    "A body that is no JSON is refused with the reason and the place",
    arguments: [
      (#"{"prompt":"\ud800"}"#, "surrogate", "line 1, column 12"),
      ("{\"prompt\":\"a\nb\"}", "control character", "column 13"),
      ("{\n\"prompt\":\"x\",}", "key", "line 2, column 14"), ("", "no value", "line 1, column 1"),
      (#"{"prompt":"\udc00"}"#, "surrogate", "line 1, column 12"),
      (#"{"prompt":"\ud83dx"}"#, "surrogate", "line 1, column 12"),
      ("{\"prompt\":\"a\tb\"}", "control character", "column 13"), (#"{"prompt":["x",]}"#, "no value", "column 16"),
      (#"{"prompt":"x"} {}"#, "more text", "column 16"), (#"{"prompt":"x","seed":01}"#, "malformed", "column 24"),
    ])
  func brokenJSON(body: String, reason: String, place: String) async throws {
    for path in ["/v1/completions", "/v1/chat/completions"] {
      let reply = try await CannedEngine.answering("x").post(path, body)
      #expect(reply.status == 400 && reply.json["error"]["code"].text == "invalid_json")
      let message = reply.json["error"]["message"].text ?? ""
      #expect(message.contains(reason) && message.contains(place), "\(message)")
    }
  }

  @Test("Of doubled keys the last counts, at any depth")
  func doubledKeys() async throws {
    let engine = CannedEngine.answering("abc")
    let reply = try await engine.post(
      "/v1/chat/completions",
      #"{"messages":[{"role":"user","content":"a","content":"b"}],"max_tokens":1,"max_tokens":2}"#)
    #expect(reply.json["choices"][0]["message"]["content"].text == "ab")
    #expect(engine.requests.first?.prompt == [1] + ByteVocabulary.tokens(of: "user:b\nassistant:"))
  }
}
