import Core
import OpenAIAPI
import Testing

@Suite("Models, health and headers", .timeLimit(.minutes(5)))
struct ServerTests {
  @Test("Models are listed and found by name, slashes and escapes included", arguments: ["", "/v1"])
  func models(prefix: String) async throws {
    let engine = CannedEngine.answering("x")
    let list = try await engine.get("\(prefix)/models")
    let golden = """
      {"created":0,"id":"org/canned","max_model_len":512,\
      "meta":{"architecture":"llama","n_ctx_train":256,"n_embd":8,"n_layer":2,"n_vocab":259},\
      "object":"model","owned_by":"longhaul"}
      """
    for name in ["org/canned", "org%2Fcanned", "%6Frg%2fcanned"] {
      let one = try await engine.get("\(prefix)/models/\(name)")
      #expect(one.status == 200)
      #expect(Golden.normalized(one.body) == golden)
      #expect(Golden.normalized(list.body) == #"{"data":[\#(golden)],"object":"list"}"#)
    }
    for name in ["org%2", "org/canned%ZZ", "%FF", "org", "org/canned/x"] {
      #expect(try await engine.get("\(prefix)/models/\(name)").status == 404)
    }
  }

  @Test("Health reports whether the server accepts requests")
  func health() async throws {
    let ready = try await CannedEngine.answering("x").get("/health")
    #expect(ready.status == 200 && ready.body == #"{"status":"ok"}"#)
    for state in [EngineReadiness.loading("1 of 2 workers"), .failed("stage 1 was lost")] {
      let reply = try await CannedEngine(readiness: state) { _, _ in }.get("/v1/health")
      #expect(reply.status == 503)
      #expect(reply.header("Retry-After") != nil)
      #expect(reply.json["error"]["type"].text == "unavailable_error")
    }
  }

  @Test("Request ids are returned; invalid ones are replaced")
  func requestIDs() async throws {
    let engine = CannedEngine.answering("x")
    func id(_ given: String?) async throws -> String? {
      let headers = given.map { ["X-Request-Id": $0] } ?? [:]
      return try await engine.get("/nothing", headers: headers).header("X-Request-Id")
    }
    #expect(try await id("abc-1") == "abc-1")
    #expect(try await id(nil)?.hasPrefix("req-") == true)
    #expect(try await id(String(repeating: "a", count: 129))?.hasPrefix("req-") == true)
    #expect(try await id("a b")?.hasPrefix("req-") == true)
  }

  @Test("Browsers may send requests from any origin by default, and can read errors")
  func crossOrigin() async throws {
    let engine = CannedEngine.answering("x")
    var settings = APISettings()
    settings.apiKeys = ["k"]
    let headers = ["Origin": "http://ui", "Access-Control-Request-Headers": "authorization, x-stainless-os"]
    let preflight = try await engine.call(
      "OPTIONS", "/v1/chat/completions", headers: headers, settings: settings)
    #expect(preflight.status == 200)
    #expect(preflight.header("Access-Control-Allow-Origin") == "http://ui" && preflight.header("Vary") == "Origin")
    #expect(preflight.header("Access-Control-Allow-Headers") == "authorization, x-stainless-os")
    let refused = try await engine.get("/v1/models", settings: settings)
    #expect(refused.status == 401 && refused.header("Access-Control-Allow-Origin") == "*")
    settings.allowedOrigins = .none
    let closed = try await engine.get("/v1/models", headers: ["Origin": "http://ui"], settings: settings)
    #expect(closed.header("Access-Control-Allow-Origin") == nil)
  }

  @Test("Only chosen origins may call where some are chosen; localhost is this machine's at any port")
  func chosenOrigins() async throws {
    let engine = CannedEngine.answering("x")
    var settings = APISettings()
    settings.allowedOrigins = AllowedOrigins(["https://ui.example", "localhost"])
    for (origin, isAllowed) in [
      ("https://ui.example", true), ("http://localhost", true), ("http://127.0.0.1:3000", true),
      ("https://[::1]:3000", true), ("http://ui.example", false), ("http://localhost.evil.com", false),
      ("http://notlocalhost", false), ("http://localhost:80@evil.com", false), ("null", false),
    ] {
      let reply = try await engine.call("OPTIONS", "/v1/models", headers: ["Origin": origin], settings: settings)
      #expect(reply.header("Access-Control-Allow-Origin") == (isAllowed ? origin : nil), "\(origin)")
      #expect((reply.header("Access-Control-Allow-Methods") != nil) == isAllowed)
    }
  }

  @Test("Metrics are served when enabled, and require a key")
  func metrics() async throws {
    let engine = CannedEngine.answering("x")
    let off = try await engine.get("/metrics")
    #expect(off.status == 501 && off.json["error"]["message"].text?.contains("--metrics") == true)
    var settings = APISettings()
    settings.metrics = { "up 1\n" }
    let open = try await engine.get("/metrics", settings: settings)
    #expect(open.status == 200 && open.body == "up 1\n")
    #expect(open.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
    settings.apiKeys = ["k"]
    #expect(try await engine.get("/metrics", settings: settings).status == 401)
  }

  @Test("A port in use is an error that names the address")
  func portInUse() async throws {
    let engine = CannedEngine.answering("x")
    let (ports, listening) = AsyncStream<Int>.makeStream()
    let first = OpenAIServer(
      engine: engine, codec: try ByteVocabulary.codec(), settings: freePort, logger: engine.quietLogger
    ) { listening.yield($0) }
    let running = Task { try await first.run() }
    defer { running.cancel() }
    for await port in ports {
      var settings = APISettings()
      settings.port = port
      let second = OpenAIServer(
        engine: engine, codec: try ByteVocabulary.codec(), settings: settings, logger: engine.quietLogger)
      let error = await #expect(throws: ListenError.self) { try await second.run() }
      #expect(error?.isPortInUse == true)
      #expect(error?.description.contains("127.0.0.1:\(port)") == true)
      break
    }
  }

  private var freePort: APISettings {
    var settings = APISettings()
    settings.port = 0
    return settings
  }
}
