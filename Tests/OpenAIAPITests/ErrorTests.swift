import Core
import OpenAIAPI
import Testing

@Suite("Errors")
struct ErrorTests {
  /// Every error body has exactly these fields, and none of the shapes that break clients.
  private func expectShape(_ reply: Reply, _ about: String) {
    let error = reply.json["error"]
    #expect(error["message"].text?.isEmpty == false, "\(about): \(reply.body)")
    #expect(error["type"].text != nil, "\(about)")
    #expect(error.has("param") && error.has("code"), "\(about)")
    #expect(!reply.json.has("detail"), "\(about)")
    #expect(reply.header("Content-Type")?.hasPrefix("application/json") == true, "\(about)")
  }

  @Test(
    "Engine errors have their status and code",
    arguments: [
      (EngineError.notReady("2 of 3 workers"), 503, "not_ready", true),
      (.overloaded(limit: 8), 429, "overloaded", true), (.overloadedTokens(limit: 8), 429, "overloaded", true),
      (.timedOut(.seconds(3)), 504, "timeout", false),
      (.contextExceeded(length: 600, contextLength: 512), 400, "context_length_exceeded", false),
      (.failed("stage 2 timed out"), 503, "engine_failed", true), (.stopped, 503, "stopping", true),
    ])
  func engineErrors(_ error: EngineError, _ status: Int, _ code: String, _ retries: Bool) async throws {
    let engine = CannedEngine { _, _ in throw error }
    for stream in ["true", "false"] {
      let reply = try await engine.post("/v1/completions", #"{"prompt":"x","stream":\#(stream)}"#)
      #expect(reply.status == status)
      #expect(reply.json["error"]["code"].text == code)
      #expect((reply.header("Retry-After") != nil) == retries)
      expectShape(reply, code)
    }
  }

  @Test("The error of a prompt that is too long names both numbers, from every component")
  func contextExceeded() async throws {
    let prompt = String(repeating: "x", count: 600)
    let early = try await CannedEngine.answering("x").post("/v1/completions", #"{"prompt":"\#(prompt)"}"#)
    #expect(early.status == 400)
    #expect(early.json["error"]["type"].text == "exceed_context_size_error")
    #expect(early.json["error"]["message"].text?.contains("exceeds the available context size") == true)
    #expect(early.json["error"]["message"].text?.contains("maximum context length is 512 tokens") == true)
    #expect(early.json["error"]["n_prompt_tokens"] == .integer(601))
    #expect(early.json["error"]["n_ctx"] == .integer(512))

    let longest = PolicyChoice.longestAutomaticLength(trainedLength: 256)
    let late = try await CannedEngine { _, _ in _ = try PolicyChoice.forLength(1 << 20, trainedLength: 256) }
      .post("/v1/completions", #"{"prompt":"x"}"#)
    #expect(late.status == 400)
    #expect(late.json["error"]["code"].text == "context_length_exceeded")
    #expect(
      late.json["error"]["message"].text?.contains("maximum context length is \(longest) tokens") == true)
    #expect(late.json["error"]["n_prompt_tokens"] == .integer(2))
    #expect(late.json["error"]["n_ctx"] == .integer(longest))
  }

  @Test("An invalid policy or sampling parameter is a 400 that names the field")
  func refusedParameters() async throws {
    let outside = PolicyRequest(groupSize: 0)
    let engine = CannedEngine { _, _ in
      _ = try PolicyChoice.forLength(9, trainedLength: 256, request: outside)
    }
    let group = try await engine.post("/v1/completions", #"{"prompt":"x"}"#)
    #expect(group.status == 400 && group.json["error"]["param"].text == "group_size")
    let hot = try await CannedEngine.answering("x").post(
      "/v1/completions", #"{"prompt":"x","temperature":-1}"#)
    #expect(hot.status == 400 && hot.json["error"]["param"].text == "temperature")
  }

  @Test("A policy that cannot be met is a 400 that names the field and the remedy")
  func refusedPolicy() async throws {
    for (fields, reason) in [
      (#""policy":"yarn""#, "known are auto, plain"), (#""policy":"string:16,85""#, "give at most the window"),
      (#""policy":"rerope:64","group_size":8"#, "give no group_size"), (#""policy":"jet-long:0""#, "out of range"),
    ] {
      let reply = try await CannedEngine.answering("x").post("/v1/completions", #"{"prompt":"x",\#(fields)}"#)
      #expect(reply.status == 400 && reply.json["error"]["param"].text == "policy", "\(fields)")
      #expect(reply.json["error"]["message"].text?.contains(reason) == true, "\(fields)")
    }
  }

  @Test("An unknown error is a 500 without details")
  func unknownError() async throws {
    struct Secret: Error, CustomStringConvertible { var description: String { "secret path" } }
    let reply = try await CannedEngine { _, _ in throw Secret() }.post("/v1/completions", #"{"prompt":"x"}"#)
    #expect(reply.status == 500)
    #expect(!reply.body.contains("secret"))
    expectShape(reply, "unknown error")
  }

  @Test("Unknown endpoints and models are 404 in the usual shape")
  func notFound() async throws {
    let engine = CannedEngine.answering("x")
    for (method, path, body) in [
      ("GET", "/nothing", nil), ("GET", "/v1/models/other", nil),
      ("POST", "/v1/completions", #"{"model":"other","prompt":"x"}"#),
    ] {
      let reply = try await engine.call(method, path, body)
      #expect(reply.status == 404)
      expectShape(reply, path)
    }
    let other = try await engine.post("/v1/completions", #"{"model":"other","prompt":"x"}"#)
    #expect(other.json["error"]["code"].text == "model_not_found")
    #expect(other.json["error"]["message"].text?.contains("org/canned") == true)
  }

  @Test("A body beyond the limit is a 413, with or without a content length")
  func tooLarge() async throws {
    var settings = APISettings()
    settings.maximumBodyByteCount = 100
    let body = #"{"prompt":"\#(String(repeating: "x", count: 200))"}"#
    let reply = try await CannedEngine.answering("x").post("/v1/completions", body, settings: settings)
    #expect(reply.status == 413)
    expectShape(reply, "413")
    // A client that listens only when it has sent all hears it too.
    settings.maximumBodyByteCount = 8 << 20
    let large = String(repeating: "x", count: 16 << 20)
    let server = try CannedEngine.answering("x").server(settings)
    let line = try await LiveStream.statusLine(server, "/v1/completions", large)
    #expect(line?.hasPrefix("HTTP/1.1 413 ") == true)
  }

  @Test("Every path but health requires a key, and a wrong key is a 401")
  func keys() async throws {
    var settings = APISettings()
    settings.apiKeys = ["first", "second"]
    let engine = CannedEngine.answering("x")
    for wrong in [nil, "Bearer wrong", "Bearer firs", "Bearer first2", "first", "Bearer ", "Basic first"] {
      let headers = wrong.map { ["Authorization": $0] } ?? [:]
      for (method, path) in [("GET", "/v1/models"), ("POST", "/chat/completions"), ("GET", "/nothing")] {
        let reply = try await engine.call(method, path, headers: headers, settings: settings)
        #expect(reply.status == 401)
        #expect(reply.json["error"]["code"].text == "invalid_api_key")
        expectShape(reply, path)
      }
    }
    for right in ["Bearer first", "bearer second"] {
      let reply = try await engine.get("/v1/models", headers: ["Authorization": right], settings: settings)
      #expect(reply.status == 200)
    }
    #expect(try await engine.get("/health", settings: settings).status == 200)
  }
}
