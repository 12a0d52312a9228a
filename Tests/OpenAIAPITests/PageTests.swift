import Foundation
import OpenAIAPI
import TestTraits
import Testing
import WebPage

@Suite("The web page", .timeLimit(.minutes(5)))
struct PageTests {
  private static let paths = WebPage.files.map { $0.name == WebPage.start ? "/" : "/page/\($0.name)" }
  private static let texts = Dictionary(
    uniqueKeysWithValues: WebPage.files.map { ($0.name, String(decoding: $0.bytes, as: UTF8.self)) })

  @Test("is served at / with its files, which a browser asks for again only to learn that they are the same")
  func served() async throws {
    try await CannedEngine.answering("x").server().whileServing { port in
      func get(_ path: String, _ headers: [String: String] = [:], method: String = "GET") async throws -> Reply {
        let request = RawRequest(method: method, path: path, headers: headers)
        return try #require(await OwnThread.run { request.response(port: port) })
      }
      for (path, file) in zip(Self.paths, WebPage.files) {
        let reply = try await get(path)
        #expect(reply.status == 200 && Array(reply.body.utf8) == file.bytes, "\(path)")
        #expect(reply.header("Content-Type") == file.contentType)
        #expect(reply.header("Cache-Control") == "no-cache")
        let tag = try #require(reply.header("ETag"))
        let again = try await get(path, ["If-None-Match": "W/\(tag), \"x\""])
        #expect(again.status == 304 && again.body.isEmpty)
        #expect(try await get(path, ["If-None-Match": "\"x\""]).status == 200)
        let head = try await get(path, method: "HEAD")
        #expect(head.status == 200 && head.body.isEmpty && head.header("ETag") == tag)
      }
      #expect(try await get("/page/other.js").status == 404)
      #expect(try await get("/page/../index.html").status == 404)
      #expect(try await get("/", method: "POST").status == 405)
    }
  }

  @Test("may load only its own files, from its own server, in no frame")
  func policy() async throws {
    let reply = try await CannedEngine.answering("x").get("/")
    let policy = try #require(reply.header("Content-Security-Policy"))
    for rule in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"] {
      #expect(policy.contains(rule))
    }
    #expect(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains("*"))
    #expect(reply.header("X-Content-Type-Options") == "nosniff")
    #expect(reply.header("Referrer-Policy") == "no-referrer")
  }

  @Test("makes no markup of strings and asks for nothing from elsewhere", arguments: WebPage.files.map(\.name))
  func content(name: String) throws {
    let text = try #require(Self.texts[name])
    for word in [
      "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval(", "new Function", "srcdoc",
      "<style", " style=", " onclick=", "@import", "url(",
    ] {
      #expect(!text.contains(word), "\(name) has \(word)")
    }
    for address in text.matches(of: /https?:\/\/[a-z0-9.]+/) {
      #expect(address.output == "http://www.w3.org", "\(name) names \(address.output)")
    }
  }

  @Test("names only files that are there, and every file is named")
  func names() throws {
    var named: Set<String> = [WebPage.start]
    for match in try #require(Self.texts[WebPage.start]).matches(of: /(?:href|src)="page\/([^"]+)"/) {
      named.insert(String(match.1))
    }
    for (name, text) in Self.texts where name.hasSuffix(".js") {
      for match in text.matches(of: /from "\.\/([^"]+)"/) { named.insert(String(match.1)) }
    }
    #expect(named == Set(WebPage.files.map(\.name)))
    let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Sources/WebPage/Files").standardized
    #expect(Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)) == named)
  }

  @Test("needs no key, unlike what it asks for; and can be left out")
  func keys() async throws {
    let engine = CannedEngine.answering("x")
    var settings = APISettings()
    settings.apiKeys = ["k"]
    #expect(try await engine.get("/", settings: settings).status == 200)
    #expect(try await engine.get("/page/app.js", settings: settings).status == 200)
    #expect(try await engine.get("/v1/models", settings: settings).status == 401)
    #expect(try await engine.get("/page", settings: settings).status == 401)
    settings.apiKeys = []
    settings.servesPage = false
    #expect(try await engine.get("/", settings: settings).status == 404)
    #expect(try await engine.get("/page/app.js", settings: settings).status == 404)
  }
}
