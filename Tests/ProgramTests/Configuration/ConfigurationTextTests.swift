import Foundation
import Testing

@testable import longhaul

@Suite("The text of a configuration file")
struct ConfigurationTextTests {
  private func read(_ text: String, _ role: ConfigurationRole = .serve) throws -> ConfigurationText {
    let others = try ConfigurationRole.allCases.filter { $0 != role }.flatMap { try ConfigurationKey.all(of: $0) }
    return ConfigurationText(Array(text.utf8), keys: try ConfigurationKey.all(of: role), others: others)
  }

  private func problems(_ text: String, _ role: ConfigurationRole = .serve) throws -> [String] {
    try read(text, role).problems.map(\.description)
  }

  @Test("every kind of value is read, with its line")
  func values() throws {
    let text = try read(
      """
      # a server
      model: /models/a.gguf
      http: "0.0.0.0:8080"
      context: 16384
      memory: 12GiB
      metrics: yes
      alias: [gpt-4o, "7"]
      kv_type: f16
      sse_ping_interval: 2.5

      """)
    #expect(text.problems == [])
    #expect(text.entries["model"] == .init(values: ["/models/a.gguf"], line: 2))
    #expect(text.entries["http"]?.values == ["0.0.0.0:8080"])
    #expect(text.entries["context"] == .init(values: ["16384"], line: 4))
    #expect(text.entries["metrics"]?.values == ["true"])
    #expect(text.entries["alias"] == .init(values: ["gpt-4o", "7"], line: 7))
    #expect(try read("").entries.isEmpty && read("# nothing\n").problems.isEmpty)
  }

  @Test("an unknown key is refused with its line and the nearest known one; all problems are found")
  func unknown() throws {
    #expect(
      try problems("model: a\ncontxt: 8\nwhatever_this_is: 1\nkv-type: f16\n") == [
        "line 2: unknown key 'contxt'; did you mean context?", "line 3: unknown key 'whatever_this_is'",
        "line 4: the key 'kv-type' is spelled kv_type",
      ])
    #expect(try problems("reconnect_for: 9") == ["line 1: 'reconnect_for' is a key of the other service's file"])
    #expect(try problems("reconnect_for: 9", .worker) == [])
  }

  @Test(
    "a value that cannot be is refused with what it must be",
    arguments: [
      ("context: many", "context is 'many'; it must be a whole number"),
      ("memory: 3 sacks", "memory is '3 sacks'; it must be a size such as 512MiB or 12GiB"),
      ("metrics: maybe", "metrics is 'maybe'; it must be true or false"),
      ("log_format: xml", "log_format is 'xml'; it must be one of text, json"),
      ("model: ''", "model is ''; it must be a text"), ("model: [a, b]", "model has one value, not a list"),
      ("model: {a: b}", "model must be one value"), ("alias: [[a]]", "alias must be a value or a list of values"),
      ("context: 1\ncontext: 2", "'context' is there twice"),
      ("- a", "this is no list of the form 'key: value', one a line"), ("a: [", "this is not YAML"),
      ("model: *a", "it has an alias"),
    ])
  func refusals(text: String, reason: String) throws {
    let found = try problems(text)
    #expect(found.count == 1 && found[0].contains(reason), "\(found)")
  }

  @Test("bytes that are no text, and texts without end, are refused")
  func hostile() throws {
    let keys = try ConfigurationKey.all(of: .serve)
    #expect(ConfigurationText([0xFF, 0xFE], keys: keys).problems.count == 1)
    #expect(ConfigurationText([UInt8](repeating: 32, count: 2 << 20), keys: keys).problems.count == 1)
    let list = "alias: [" + String(repeating: "a,", count: 2000) + "a]"
    #expect(ConfigurationText(Array(list.utf8), keys: keys).problems.count == 1)
  }
}

extension ConfigurationTextTests {
  private static let root = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent()
  }

  @Test("the files of deploy are files of their services", arguments: ConfigurationRole.allCases)
  func deployed(role: ConfigurationRole) throws {
    let file = Self.root.appendingPathComponent("deploy/systemd/\(role.rawValue).yaml")
    let text = ConfigurationText(Array(try Data(contentsOf: file)), keys: try ConfigurationKey.all(of: role))
    #expect(text.problems == [])
  }
}
