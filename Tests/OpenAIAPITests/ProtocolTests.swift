import Fixtures
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
    return try await server.whileServing { port in
      return await OwnThread.run {
        guard let connection = RawConnection(port: port, patience: 60) else { return [] }
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

  private static let chat = #"{"messages":[{"role":"user","content":"x"}],"stream":true}"#

  @Test(
    "A client of HTTP/1.0 gets no chunks, and its connection closes after the response",
    arguments: [
      ("POST /v1/completions", body), ("POST /v1/chat/completions", chat), ("POST /nothing", body), ("GET /health", ""),
      ("HEAD /health", ""), ("GET /v1/models", ""), ("GET /", ""),
    ])
  func oldVersion(line: String, body: String) async throws {
    for more in ["", "Connection: keep-alive\r\n", "Expect: 100-continue\r\n"] {
      let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
      let answer = try #require(try await Self.exchange(["\(line) HTTP/1.0\r\n\(length)\(more)\r\n\(body)"]).first)
      #expect(answer.hasPrefix("HTTP/1.0 "))
      #expect(!answer.lowercased().contains("transfer-encoding"))
      #expect(answer.lowercased().contains("connection: close"))
      if body.contains("stream"), !line.contains("nothing") {
        #expect(answer.hasSuffix("data: [DONE]\n\n") && answer.contains("\n\ndata: {"))
      }
    }
  }

  @Test(
    "A client that expects 100 Continue gets it at once, and then its answer",
    arguments: [
      ("Expect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n", body),
      ("expect: 100-Continue\r\nContent-Length: \(body.utf8.count)\r\n", body),
      (
        "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n",
        String(body.utf8.count, radix: 16) + "\r\n\(body)\r\n0\r\n\r\n"
      ),
    ])
  func expectation(headers: String, body: String) async throws {
    let answers = try await Self.exchange([
      "POST /v1/completions HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(headers)\r\n", body,
    ])
    #expect(answers.first == "HTTP/1.1 100 Continue\r\n\r\n")
    #expect(answers.last?.hasPrefix("HTTP/1.1 200 OK\r\n") == true)
  }

  @Test("A body that is too large is refused before it is sent, where the client asks first")
  func refusedExpectation() async throws {
    let head = "POST /v1/completions HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
    for length in ["33554433", "999999999999"] {
      let answers = try await Self.exchange([head + length + "\r\n\r\n"])
      let answer = try #require(answers.first)
      #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(answer)")
      #expect(answer.lowercased().contains("connection: close"))
    }
  }

  private static func keyed() -> APISettings {
    var settings = APISettings()
    settings.apiKeys = ["key"]
    return settings
  }

  @Test(
    "Slashes in excess are tolerated, where a key is needed and where none is",
    arguments: ["/health", "/health/", "//health", "///health//", "/v1/health/", "//v1//health", "/health/?a=b"])
  func slashes(path: String) async throws {
    #expect(try await CannedEngine.answering("x").get(path, settings: Self.keyed()).status == 200)
    let models = path.replacing("health", with: "models")
    #expect(try await CannedEngine.answering("x").get(models, settings: Self.keyed()).status == 401)
    let headers = ["x-api-key": "key"]
    #expect(try await CannedEngine.answering("x").get(models, headers: headers, settings: Self.keyed()).status == 200)
  }

  @Test(
    "Blanks around a key are tolerated, and both headers for keys count; another key is none",
    arguments: [
      ("Authorization", "Bearer key", 200), ("Authorization", "Bearer  key", 200), ("Authorization", "bearer key", 200),
      ("Authorization", "BEARER \tkey", 200), ("Authorization", "Bearer\tkey  ", 200), ("x-api-key", "key", 200),
      ("x-api-key", " key\t", 200), ("x-api-key", "other", 401), ("Authorization", "Bearer", 401),
      ("Authorization", "Bearerkey", 401), ("Authorization", "Bearer ke y", 401), ("Authorization", "key", 401),
      ("Authorization", "Bearer key key", 401), ("x-api-key", "", 401), ("x-api-key", "Bearer key", 401),
    ])
  func keys(header: String, value: String, status: Int) async throws {
    let reply = try await CannedEngine.answering("x").get(
      "/v1/models", headers: [header: value], settings: Self.keyed())
    #expect(reply.status == status)
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
    func ask() async throws -> Reply {
      try await engine.post("/v1/completions", #"{"prompt":"x","model":"gpt"}"#, settings: settings)
    }
    #expect(try await ask().status == 404)
    settings.modelAliases = ["*"]
    let any = try await ask()
    #expect(any.status == 200 && any.json["model"].text == "org/canned")
    #expect(try await engine.get("/v1/models", settings: settings).json["data"].count == 1)
  }

  @Test("The message of an overflow has the word that clients look for")
  func overflow() async throws {
    let prompt = String(repeating: "x", count: 600)
    let reply = try await CannedEngine.answering("x").post("/v1/completions", #"{"prompt":"\#(prompt)"}"#)
    #expect(reply.json["error"]["message"].text?.contains("context_length_exceeded") == true)
  }
}
