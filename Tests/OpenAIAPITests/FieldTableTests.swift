import Core
import Foundation
import JSON
import Testing

@testable import OpenAIAPI

/// Nothing that a client asks for is dropped in silence.
@Suite("Known request fields", .timeLimit(.minutes(5)))
struct FieldTableTests {
  private static let endpoints: [(path: String, table: FieldTable, base: String)] = [
    ("/v1/chat/completions", .chat, #""messages":[{"role":"user","content":"x"}],"seed":1,"logprobs":true"#),
    ("/v1/completions", .completion, #""prompt":"x","seed":1"#),
    ("/tokenize", .tokenize, #""prompt":"x""#),
    ("/detokenize", .detokenize, #""tokens":[100]"#),
    ("/apply-template", .applyTemplate, #""messages":[{"role":"user","content":"x"}]"#),
    ("/completion", .native, #""prompt":"x","seed":1"#),
    ("/api/chat", OllamaTables.chat, #""messages":[{"role":"user","content":"x"}],"options":{"seed":1}"#),
    ("/api/generate", OllamaTables.generate, #""prompt":"x","options":{"seed":1}"#),
    ("/v1/embeddings", EmbeddingTables.embeddings, #""input":"x""#),
    ("/api/embed", EmbeddingTables.ollama, #""input":"x""#),
    ("/score", EmbeddingTables.score, #""text_1":"x","text_2":"x""#),
    ("/rerank", EmbeddingTables.rerank, #""query":"x","documents":["x"]"#),
    ("/v1/responses", ResponsesTables.body, #""input":"x","seed":1"#),
    ("/v1/messages", .messages, #""messages":[{"role":"user","content":"x"}],"max_tokens":3"#),
  ]

  /// An answer's body and the generation that was asked of the engine.
  private static func send(_ path: String, _ body: String) async throws -> (reply: Reply, asked: String) {
    let engine = CannedEngine.answering("x")
    let reply = try await engine.post(path, "{\(body)}")
    // Where a request has no seed, every one gets another.
    let asked = engine.requests.map { "\($0)".replacing(/seed: [0-9]+|"req-[0-9a-f]+"/, with: "") }.joined()
    return (reply, asked)
  }

  /// Whether an error names the field, in its own field where the form of errors has one.
  private static func names(_ field: String, _ reply: Reply) -> Bool {
    let error = reply.json["error"]
    return (error["message"].text ?? error.text)?.hasPrefix(field) == true
      && (!error.has("param") || error["param"].text?.hasPrefix(field) == true)
  }

  @Test("A field is in its table once", arguments: endpoints.indices)
  func once(index: Int) {
    let names = Self.endpoints[index].table.fields.map(\.name)
    #expect(names.count == Set(names).count, "\(names.filter { name in names.count { $0 == name } > 1 })")
  }

  @Test(
    "A field that is obeyed is read: a value that no field can have is refused by name", arguments: endpoints.indices)
  func obeyedFieldsAreRead(index: Int) async throws {
    let (path, table, base) = Self.endpoints[index]
    for field in table.fields where field.handling == .obeyed {
      // The last of doubled keys counts.
      let (reply, _) = try await Self.send(path, #"\#(base),"\#(field.name)":[[[]]]"#)
      #expect(reply.status == 400, "\(path) \(field.name)")
      #expect(Self.names(field.name, reply), "\(path) \(field.name): \(reply.body)")
    }
  }

  @Test("A field that is refused is refused by name, unless it asks for nothing", arguments: endpoints.indices)
  func refusedFields(index: Int) async throws {
    let (path, table, base) = Self.endpoints[index]
    for field in table.fields where field.handling == .refused {
      let (reply, _) = try await Self.send(path, #"\#(base),"\#(field.name)":["x"]"#)
      #expect(reply.status == 400 && Self.names(field.name, reply), "\(path) \(field.name)")
      for value in [JSON.JSONValue.null] + field.neutral {
        let (reply, _) = try await Self.send(path, #"\#(base),"\#(field.name)":\#(value.text)"#)
        #expect(reply.status == 200, "\(path) \(field.name)=\(value.text): \(reply.body)")
      }
    }
  }

  @Test("A field that is ignored, or that is in no table, changes neither the answer nor what is asked of the engine")
  func ignoredFields() async throws {
    for (path, table, base) in Self.endpoints {
      let plain = try await Self.send(path, base)
      let ignored = table.fields.filter { $0.handling == .ignored }.map(\.name)
      for name in ignored + ["in_no_table"] {
        for value in [#"["x"]"#, "true", "-7", #"{"a":"b"}"#] {
          let (reply, asked) = try await Self.send(path, #"\#(base),"\#(name)":\#(value)"#)
          #expect(reply.status == 200 && asked == plain.asked, "\(path) \(name)=\(value): \(reply.body)")
          #expect(Golden.normalized(reply.body) == Golden.normalized(plain.reply.body))
        }
      }
    }
  }

  @Test("deploy/api.md has every table; LONGHAUL_REWRITE_PAGES=1 writes them")
  func page() throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("deploy/api.md")
    let text = try String(contentsOf: url, encoding: .utf8)
    let (begin, end) = ("<!-- fields -->\n", "<!-- end of fields -->")
    let parts = text.components(separatedBy: begin)
    let rest = parts.count == 2 ? parts[1].components(separatedBy: end) : []
    try #require(rest.count == 2, "the page has one place for the tables")
    let tables = FieldTable.pages.map(\.page).joined(separator: "\n\n") + "\n"
    if ProcessInfo.processInfo.environment["LONGHAUL_REWRITE_PAGES"] == "1" {
      try (parts[0] + begin + tables + end + rest[1]).write(to: url, atomically: true, encoding: .utf8)
    } else {
      #expect(rest[0] == tables, "LONGHAUL_REWRITE_PAGES=1 swift test --filter FieldTableTests writes the page")
    }
  }
}
