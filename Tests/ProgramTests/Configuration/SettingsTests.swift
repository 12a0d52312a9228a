import ArgumentParser
import Core
import Foundation
import Testing

@testable import longhaul

@Suite("What a service is set to")
struct SettingsTests {
  private func settings(
    _ words: [String] = [], file: String? = nil, environment: [String: String] = [:], role: ConfigurationRole = .serve
  ) throws -> Settings {
    let words = words + (file == nil ? [] : ["--config", "f.yaml"])
    return try Settings(role: role, words: words, environment: environment) { _ in Array((file ?? "").utf8) }
  }

  private func origin(_ name: String, _ settings: Settings) -> String {
    settings.values.first { $0.key.name == name }.map { "\($0.values.joined(separator: ",")) \($0.origin)" } ?? ""
  }

  @Test("options come before the environment, which comes before the file, which comes before defaults")
  func order() throws {
    let found = try settings(
      ["--context", "1"], file: "context: 3\nhttp: 1.1.1.1:3\nsequences: 3\n",
      environment: ["LONGHAUL_CONTEXT": "2", "LONGHAUL_HTTP": "1.1.1.1:2"])
    #expect(origin("context", found) == "1 option")
    #expect(origin("http", found) == "1.1.1.1:2 LONGHAUL_HTTP")
    #expect(origin("sequences", found) == "3 f.yaml:3")
    #expect(origin("http_connections", found) == "1000 default")
    let command = try ServeCommand.parse(found.arguments)
    #expect(command.cache.context == 1 && command.api.http == "1.1.1.1:2" && command.sequences == 3)
  }

  @Test(
    "an option in place of a list replaces it, another spelling of an option is that option, a model replaces a model")
  func replacement() throws {
    let found = try settings(
      ["mine.gguf", "--alias", "c", "--cache=/c"], file: "model: theirs.gguf\nalias: [a, b]\nweights_cache: /w\n")
    let command = try ServeCommand.parse(found.arguments)
    #expect(command.model.model == "mine.gguf" && command.api.alias == ["c"] && command.weights.folder == "/c")
    let plain = try ServeCommand.parse(try settings(file: "model: theirs.gguf\nalias: [a, b]\n").arguments)
    #expect(plain.model.model == "theirs.gguf" && plain.api.alias == ["a", "b"])
  }

  @Test("a flag of the file is turned off by the environment, and a value may begin with a dash")
  func flags() throws {
    let found = try settings(
      file: "metrics: true\ninsecure: true\nalias: -x\n", environment: ["LONGHAUL_METRICS": "false"])
    let command = try ServeCommand.parse(found.arguments)
    #expect(!command.api.metrics && command.insecure && command.api.alias == ["-x"])
  }

  @Test("a file's policy is for long text alone, as that of a policy file; options force theirs")
  func policy() throws {
    let file = "group_size: 8\nneighbor_window: 64\nhttp: 127.0.0.1:1\n"
    let standing = try ServeCommand.parse(try settings(file: file).arguments).policy.settings()
    let pair = PolicyRequest(groupSize: 8, neighborWindow: 64, keepsShortTextPlain: true)
    #expect(standing.request == pair)
    let named = try ServeCommand.parse(try settings(file: "policy: rerope:64\n").arguments).policy.settings()
    #expect(named.request == PolicyRequest(.reRoPE, neighborWindow: 64, keepsShortTextPlain: true))
    let forced = try ServeCommand.parse(try settings(["--group-size", "4"], file: file).arguments).policy.settings()
    #expect(forced.request == PolicyRequest(groupSize: 4))
  }

  @Test("LONGHAUL_CONFIG names the file; the keys in LONGHAUL_API_KEYS are no path")
  func variables() throws {
    let words = ["--name", "w1"]
    let found = try Settings(
      role: .worker, words: words, environment: ["LONGHAUL_CONFIG": "/w.yaml", "LONGHAUL_API_KEYS": "secret"]
    ) { path in
      #expect(path == "/w.yaml")
      return Array("threads: 3\nname: w9\n".utf8)
    }
    let command = try WorkerCommand.parse(found.arguments)
    #expect(command.threads == 3 && command.name == "w1")
    let serve = try settings(environment: ["LONGHAUL_API_KEYS": "secret", "LONGHAUL_API_KEYS_FILE": "/k"])
    #expect(try ServeCommand.parse(serve.arguments).api.apiKeys == "/k")
    let refusal = #expect(throws: CommandFailure.self) { try settings(environment: ["LONGHAUL_CONTEXT": "x"]) }
    #expect(refusal?.description == "LONGHAUL_CONTEXT is 'x'; it must be a whole number")
  }

  @Test("other commands, help, and workers of the program's own take nothing from the environment")
  func untouched() throws {
    let environment = ["LONGHAUL_THREADS": "3"]
    for words in [["run", "-p", "x"], ["serve", "--help"], ["worker", "--lifeline"], [], ["--version"]] {
      #expect(try Settings.completed(words, environment: environment) == words)
    }
    #expect(try Settings.completed(["worker"], environment: environment) == ["worker", "--threads=3"])
  }

  @Test("the table says where each value comes from, is YAML, and can be read as a file again")
  func table() throws {
    let found = try settings(
      file: "model: 'a b: c.gguf'\nalias: [x, y]\n", environment: ["LONGHAUL_METRICS": "on"])
    var table = SettingsTable(found, isEffective: false)
    table.addSecret("api keys", origin: "LONGHAUL_API_KEYS")
    #expect(table.text.contains("metrics: true") && table.text.contains("# LONGHAUL_METRICS"))
    #expect(table.text.contains("# api keys: masked"))
    let again = ConfigurationText(Array(table.text.utf8), keys: try ConfigurationKey.all(of: .serve))
    #expect(again.problems == [] && again.entries["model"]?.values == ["a b: c.gguf"])
    #expect(again.entries["alias"]?.values == ["x", "y"])
    #expect(SettingsTable(found, isEffective: true).text.contains("http_connections: 1000"))
  }
}

@Suite("Schemas of configuration files")
struct ConfigurationSchemaTests {
  private static let root = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent()
  }

  @Test("are what deploy has; LONGHAUL_REWRITE_PAGES=1 writes them", arguments: ConfigurationRole.allCases)
  func isCurrent(role: ConfigurationRole) throws {
    let text = try ConfigurationSchema.text(of: role)
    let page = Self.root.appendingPathComponent("deploy/\(role.rawValue).schema.json")
    if ProcessInfo.processInfo.environment["LONGHAUL_REWRITE_PAGES"] != nil {
      try Data(text.utf8).write(to: page, options: .atomic)
    }
    #expect(try String(contentsOf: page, encoding: .utf8) == text)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let properties = try #require(object["properties"] as? [String: Any])
    #expect(Set(properties.keys) == Set(try ConfigurationKey.all(of: role).map(\.name)))
  }

  @Test("have numbers and sizes where the program takes them")
  func kinds() throws {
    let serve = Dictionary(uniqueKeysWithValues: try ConfigurationKey.all(of: .serve).map { ($0.name, $0.kind) })
    let worker = Dictionary(uniqueKeysWithValues: try ConfigurationKey.all(of: .worker).map { ($0.name, $0.kind) })
    #expect(serve["context"] == .integer && serve["memory"] == .size && serve["metrics"] == .flag)
    #expect(serve["alias"] == .list && serve["log_format"] == .choice(["text", "json"]) && serve["model"] == .text)
    #expect(worker["speed"] == .number && worker["cache_limit"] == .size && worker["reconnect_for"] == .integer)
    #expect(serve["config"] == nil && serve["policy_of_file"] == nil && worker["lifeline"] == nil)
  }
}
