import Fixtures
import HummingbirdTesting
import OpenAIAPI
import TestTraits
import Testing

/// HTTP as older and more careful clients speak it.
@Suite("Versions and paths of HTTP", .timeLimit(.minutes(5)))
struct ProtocolTests {
  private static let body = #"{"prompt":"x","max_tokens":2,"stream":true}"#

  /// What the server says to each text, sent when the answer to the one before it has begun.
  private static func exchange(_ texts: [String]) async throws -> [String] {
    let server = try CannedEngine.answering("abc").server(APISettings())
    return try await server.makeApplication().test(.ahc(.http)) { live in
      let port = UInt16(clamping: try #require(live.port))
      return await OwnThread.run {
        guard let connection = RawConnection(port: port, patience: 10) else { return [] }
        return texts.enumerated().map { index, text in
          connection.send(text)
          guard index == texts.count - 1 else { return String(decoding: connection.receive(), as: UTF8.self) }
          var received: [UInt8] = []
          while case let piece = connection.receive(), !piece.isEmpty { received += piece }
          return String(decoding: received, as: UTF8.self)
        }
      }
    }
  }

  @Test("A client of HTTP/1.0 gets no chunks, and its connection closes after the response")
  func oldVersion() async throws {
    for path in ["/v1/completions", "/nothing"] {
      let head = "POST \(path) HTTP/1.0\r\nContent-Length: \(Self.body.utf8.count)\r\nConnection: keep-alive\r\n\r\n"
      let answers = try await Self.exchange([head + Self.body])
      let answer = try #require(answers.first)
      #expect(answer.hasPrefix("HTTP/1.0 "))
      #expect(!answer.lowercased().contains("transfer-encoding"))
      #expect(answer.lowercased().contains("connection: close"))
      if path == "/v1/completions" { #expect(answer.hasSuffix("data: [DONE]\n\n") && answer.contains("\n\ndata: {")) }
    }
  }

  @Test("A client that expects 100 Continue gets it at once, and then its answer")
  func expectation() async throws {
    let head =
      "POST /v1/completions HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\n"
      + "Content-Length: \(Self.body.utf8.count)\r\n\r\n"
    let answers = try await Self.exchange([head, Self.body])
    #expect(answers.first == "HTTP/1.1 100 Continue\r\n\r\n")
    #expect(answers.last?.hasPrefix("HTTP/1.1 200 OK\r\n") == true)
  }

  @Test("Slashes in excess and blanks around a key are tolerated; both headers for keys count")
  func tolerance() async throws {
    let engine = CannedEngine.answering("x")
    var settings = APISettings()
    settings.apiKeys = ["key"]
    for path in ["/health", "/health/", "//health", "/v1/health/", "//v1//health"] {
      #expect(try await engine.get(path, settings: settings).status == 200, "\(path)")
    }
    for headers in [["Authorization": "Bearer  key"], ["Authorization": "bearer key"], ["x-api-key": "key"]] {
      #expect(try await engine.get("/v1/models", headers: headers, settings: settings).status == 200, "\(headers)")
    }
    for headers in [["x-api-key": "other"], ["Authorization": "Bearer"], ["x-api-key": ""]] {
      #expect(try await engine.get("/healthy", headers: headers, settings: settings).status == 401)
    }
  }

  @Test("A path's other methods are named, and a coded body is called what it is")
  func methods() async throws {
    let engine = CannedEngine.answering("x")
    for (method, path, allowed) in [
      ("DELETE", "/v1/models", "GET, HEAD"), ("POST", "/models/x/y", "GET, HEAD"),
      ("GET", "/v1/chat/completions", "POST"), ("PUT", "/tokenize/", "POST"),
    ] {
      let reply = try await engine.call(method, path)
      #expect(reply.status == 405 && reply.header("Allow") == allowed, "\(method) \(path)")
      #expect(reply.json["error"]["code"].text == "method_not_allowed")
    }
    let coded = try await engine.call(
      "POST", "/v1/completions", #"{"prompt":"x"}"#, headers: ["Content-Encoding": "gzip"])
    #expect(coded.status == 415 && coded.json["error"]["message"].text?.contains("gzip") == true)
    let preflight = try await engine.call("OPTIONS", "/v1/models", headers: ["Origin": "http://ui"])
    #expect(preflight.header("Access-Control-Allow-Methods")?.contains("DELETE") == true)
  }

  @Test("A model answers to its name, to the name without blanks, to its file's and to its aliases")
  func names() async throws {
    let engine = CannedEngine.answering("x")
    var settings = APISettings()
    settings.modelFileName = "canned-Q8.gguf"
    for name in ["org/canned", "canned-Q8.gguf", "canned-Q8", ""] {
      let reply = try await engine.post("/v1/completions", #"{"prompt":"x","model":"\#(name)"}"#, settings: settings)
      #expect(reply.status == 200 && reply.json["model"].text == "org/canned", "\(name)")
    }
    settings.modelAliases = ["gpt 4", "small"]
    for name in ["org/canned", "gpt 4", "gpt-4", "small"] {
      let reply = try await engine.post("/v1/completions", #"{"prompt":"x","model":"\#(name)"}"#, settings: settings)
      #expect(reply.status == 200 && reply.json["model"].text == "gpt 4", "\(name)")
    }
    let list = try await engine.get("/v1/models", settings: settings)
    #expect((0..<2).map { list.json["data"][$0]["id"].text } == ["gpt 4", "small"])
    #expect(try await engine.get("/v1/models/gpt%204", settings: settings).status == 200)
    #expect(
      try await engine.post("/v1/completions", #"{"prompt":"x","model":"gpt"}"#, settings: settings).status == 404)
  }

  @Test("The message of an overflow has the word that clients look for")
  func overflow() async throws {
    let prompt = String(repeating: "x", count: 600)
    let reply = try await CannedEngine.answering("x").post("/v1/completions", #"{"prompt":"\#(prompt)"}"#)
    #expect(reply.json["error"]["message"].text?.contains("context_length_exceeded") == true)
  }
}
