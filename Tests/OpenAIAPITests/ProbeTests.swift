import Core
import OpenAIAPI
import Testing

@Suite("Probes and the cluster's status", .timeLimit(.minutes(5)))
struct ProbeTests {
  private static let keyed = {
    var settings = APISettings()
    settings.apiKeys = ["k"]
    return settings
  }()

  @Test("the process is live whatever the cluster does; it is ready, and has started, when a plan serves")
  func states() async throws {
    let ready = CannedEngine.answering("x")
    for path in ["/live", "/ready", "/startup", "/health"] {
      let reply = try await ready.get(path, settings: Self.keyed)
      #expect(reply.status == 200 && reply.body == #"{"status":"ok"}"#, "\(path)")
      #expect(try await ready.call("HEAD", path).status == 200)
    }
    for state in [EngineReadiness.loading("1 of 2 workers"), .failed("stage 1 was lost")] {
      let engine = CannedEngine(readiness: state) { _, _ in }
      #expect(try await engine.get("/live", settings: Self.keyed).status == 200)
      for path in ["/ready", "/startup"] {
        let reply = try await engine.get(path, settings: Self.keyed)
        #expect(reply.status == 503 && reply.header("Retry-After") != nil, "\(path)")
      }
    }
  }

  @Test("a request's trace is found by its id and its own key, with the id that engine and response got")
  func trace() async throws {
    let engine = CannedEngine.answering("x")
    #expect(try await engine.get("/trace/a").status == 404)
    var settings = APISettings()
    settings.apiKeys = ["k", "l"]
    settings.trace = { id, key in id == "a/b" && key == 2 ? [id: key] : nil }
    #expect(try await engine.get("/trace/a/b", settings: settings).status == 401)
    for (path, key, status) in [
      ("/trace/a/b", "l", 200), ("/trace/a%2Fb", "l", 200), ("/v1/trace/a/b", "l", 200), ("/trace/a/b", "k", 404),
      ("/trace/c", "l", 404), ("/trace", "l", 404),
    ] {
      let reply = try await engine.get(path, headers: ["Authorization": "Bearer \(key)"], settings: settings)
      #expect(reply.status == status, "\(path) \(key)")
      if status == 200 { #expect(reply.body == #"{"a/b":2}"# && reply.header("Cache-Control") == "no-store") }
    }
  }

  @Test("the cluster's status needs a key, is not cached, and has the steps after a number")
  func cluster() async throws {
    let engine = CannedEngine.answering("x")
    #expect(try await engine.get("/cluster").status == 404)
    var settings = Self.keyed
    settings.cluster = { ["after": $0.map { Int($0) } ?? -1] }
    #expect(try await engine.get("/cluster", settings: settings).status == 401)
    let headers = ["Authorization": "Bearer k"]
    let reply = try await engine.get("/cluster", headers: headers, settings: settings)
    #expect(reply.status == 200 && reply.body == #"{"after":-1}"# && reply.header("Cache-Control") == "no-store")
    let later = try await engine.get("/cluster?steps_after=17", headers: headers, settings: settings)
    #expect(later.body == #"{"after":17}"#)
    for wrong in ["-1", "x", "", "99999999999999999999"] {
      let refused = try await engine.get("/cluster?steps_after=\(wrong)", headers: headers, settings: settings)
      #expect(refused.status == 400 && refused.json["error"]["param"].text == "steps_after", "\(wrong)")
    }
  }
}
