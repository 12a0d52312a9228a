import Core
import JSON
import Testing

@testable import OpenAIAPI

@Suite("Defaults of requests", .timeLimit(.minutes(5)))
struct RequestDefaultsTests {
  private static func settings(_ defaults: JSONObject) throws -> APISettings {
    var settings = APISettings()
    settings.requestDefaults = try RequestDefaults(defaults)
    return settings
  }

  @Test("A request has the defaults where it says nothing, under whatever name")
  func applied() async throws {
    let settings = try Self.settings(["temperature": 0, "max_tokens": 2, "repetition_penalty": 2, "seed": 5])
    let engine = CannedEngine.answering("abcdef")
    for (path, body) in [
      ("/v1/completions", #""prompt":"x""#), ("/completion", #""prompt":"x","max_tokens":null"#),
      ("/v1/chat/completions", #""messages":[{"role":"user","content":"x"}]"#), ("/v1/responses", #""input":"x""#),
    ] {
      let reply = try await engine.post(path, "{\(body)}", settings: settings)
      #expect(reply.status == 200, "\(path) \(reply.body)")
      let asked = engine.requests.last
      #expect(asked?.maximumNewTokens == 2 && asked?.sampling.temperature == 0 && asked?.sampling.seed == 5, "\(path)")
    }
    _ = try await engine.post(
      "/completion", #"{"prompt":"x","n_predict":4,"repeat_penalty":1,"temperature":1,"seed":6}"#, settings: settings)
    let own = engine.requests.last
    #expect(own?.maximumNewTokens == 4 && own?.sampling.repetitionPenalty == 1)
    #expect(own?.sampling.temperature == 1 && own?.sampling.seed == 6)
    let tokens = try await engine.post("/tokenize", #"{"prompt":"x"}"#, settings: settings)
    #expect(tokens.status == 200)
  }

  @Test("Ollama's options have the defaults, too, where they say nothing", arguments: ["", #","options":null"#])
  func options(nothing: String) async throws {
    let settings = try Self.settings(["temperature": 0, "max_tokens": 2, "repetition_penalty": 2])
    let engine = CannedEngine.answering("abcdef")
    for (path, body) in [
      ("/api/generate", #""prompt":"x""#), ("/api/chat", #""messages":[{"role":"user","content":"x"}]"#),
    ] {
      let reply = try await engine.post(path, #"{\#(body),"stream":false\#(nothing)}"#, settings: settings)
      #expect(reply.status == 200, "\(path) \(reply.body)")
      #expect(engine.requests.last?.maximumNewTokens == 2 && engine.requests.last?.sampling.temperature == 0)
      let options = #""options":{"num_predict":4,"repeat_penalty":1}"#
      _ = try await engine.post(path, #"{\#(body),"stream":false,\#(options)}"#, settings: settings)
      let own = engine.requests.last
      #expect(own?.maximumNewTokens == 4 && own?.sampling.repetitionPenalty == 1 && own?.sampling.temperature == 0)
    }
    let wrong = try await engine.post("/api/generate", #"{"prompt":"x","options":7}"#, settings: settings)
    #expect(wrong.status == 400)
  }

  @Test("What is the client's to say has no default, and a value that no request may have is none")
  func refused() throws {
    let cases: [(String, JSON.JSONValue)] = [
      ("messages", .array([])), ("stream", .bool(true)), ("temperature", .string("hot")), ("top_p", .integer(2)),
    ]
    for (name, value) in cases {
      let error = #expect(throws: APIError.self) { try RequestDefaults([name: value]) }
      #expect(error?.message.contains(name) == true, "\(name)")
    }
  }
}
