import Fixtures
import Foundation
import TestTraits
import Testing

extension EndToEnd {
  @Suite("perplexity against the definition in double precision")
  struct ScoreRuns {
    private struct Goldens: Decodable {
      struct Case: Decodable {
        let model: String
        let rotary: Int
        let group_size: Int
        let neighbor_window: Int
        let length: Int
        let perplexity: Double
      }
      let stride: Int
      let windows: Int
      let cases: [Case]
    }

    private struct Output: Decodable {
      struct Row: Decodable {
        let length: Int
        let policy: RunOutput.Policy
        let perplexity: Double
      }
      let rows: [Row]
    }

    @Test(
      "equal to it for several G and w, G dividing w or not, full and partial rotary",
      .needsShared("models/stories260K", "models/llama2xs-256", "goldens"),
      arguments: ["llama2xs-256", "stories260K"], [8, 4])
    func scores(name: String, rotary: Int) async throws {
      let model = SharedFiles.path("models/\(name)/\(name)-F32.gguf")
      let prompt = try GoldenLogits.read("\(name)/stories_800")
      let file = SharedFiles.root.appendingPathComponent("Tests/EndToEndTests/Goldens/scores.json")
      let goldens = try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: file))
      let cases = goldens.cases.filter { $0.model == name && $0.rotary == rotary }
      let folder = try ScratchFolder()
      let policies = Set(cases.map { "\($0.group_size)x\($0.neighbor_window)" }).sorted().joined(separator: ",")
      let lengths = Set(cases.map(\.length)).sorted().map(String.init).joined(separator: ",")
      let outcome = try await Program.run([
        "perplexity", try turning(rotary, model: model, in: folder), "--token-ids",
        try folder.write("\(prompt.ids)", to: "ids"), "--lengths", lengths, "--policy", policies, "--stride",
        "\(goldens.stride)", "--windows", "\(goldens.windows)", "--kv-type", "f32", "--json",
      ])
      try #require(outcome.status == 0, "\(outcome.errors)")
      let rows = try JSONDecoder().decode(Output.self, from: outcome.output).rows
      #expect(cases.count == 12 && rows.count == cases.count)
      for value in cases {
        let row = try #require(
          rows.first {
            $0.length == value.length && $0.policy.group_size == value.group_size
              && (value.group_size == 1 || $0.policy.neighbor_window == value.neighbor_window)
          })
        let error = abs(row.perplexity / value.perplexity - 1)
        #expect(error < 1e-4, "G=\(value.group_size) w=\(value.neighbor_window) at \(value.length): \(error)")
      }
    }

    /// The model with only the first `rotary` dims of a head turning: one number of its metadata is another.
    private func turning(_ rotary: Int, model: String, in folder: ScratchFolder) throws -> String {
      var bytes = try Data(contentsOf: URL(fileURLWithPath: model))
      let key = try #require(bytes.range(of: Data("llama.rope.dimension_count".utf8)))
      // After the key: the value's type (4 is u32), then the value.
      try #require(bytes[key.upperBound] == 4)
      bytes[key.upperBound + 4] = UInt8(rotary)
      let path = folder.path("turning.gguf")
      try bytes.write(to: URL(fileURLWithPath: path))
      return path
    }
  }

  @Suite("Within the trained length")
  struct WithinTrainedLength {
    @Test(
      "automatic output is that of plain attention, byte for byte, for every shared model",
      .needsShared("models/stories260K", "models/llama2xs-256", "models/tiny-random-llama2"))
    func plain() async throws {
      let kinds = ["F32", "F16", "Q8_0", "Q4_0"]
      let models =
        ["llama2xs-256", "stories260K"].flatMap { name in kinds.map { ("\(name)/\(name)-\($0).gguf", name) } }
        + [("tiny-random-llama2/tiny-random-llama2.gguf", "tiny")]
      for (file, name) in models {
        let model = SharedFiles.path("models/\(file)")
        let trained = name == "tiny" ? 4096 : name == "stories260K" ? 512 : 256
        let ids = (0..<trained - 8).map { Int32(3 + $0 * 37 % 500) }
        let automatic = try await IDRun.of(model, ids: ids, ["--max-tokens", "8"])
        let plain = try await IDRun.of(model, ids: ids, ["--max-tokens", "8", "--group-size", "1"])
        #expect(automatic.output.policy.group_size == 1 && automatic.output.policy.trained_length == trained)
        #expect(automatic.output.tokens == plain.output.tokens, "\(file)")
        #expect(automatic.logits.map(\.bitPattern) == plain.logits.map(\.bitPattern), "\(file)")
      }
    }

    @Test("one token more is grouped, and grouping changes the logits", .needsShared("models/llama2xs-256"))
    func beyond() async throws {
      let model = SharedFiles.path("models/llama2xs-256/llama2xs-256-F32.gguf")
      let ids = (0..<249).map { Int32(3 + $0 * 37 % 500) }
      let automatic = try await IDRun.of(model, ids: ids, ["--max-tokens", "8"])
      let plain = try await IDRun.of(model, ids: ids, ["--max-tokens", "8", "--group-size", "1"])
      #expect(automatic.output.policy.group_size > 1)
      #expect(automatic.logits != plain.logits)
    }
  }

  @Suite("Measuring commands")
  struct MeasuringCommands {
    @Test("perplexity, passkey and tune print the same bytes for one, two and three workers")
    func sameBytes() async throws {
      let commands = [
        ["perplexity", SharedFiles.demo, "--lengths", "256,600", "--windows", "4", "--policy", "plain,auto,5x48"],
        ["passkey", SharedFiles.demo, "--lengths", "256,600", "--depths", "2", "--trials", "2", "--seed", "9"],
        ["tune", SharedFiles.demo, "--context", "600", "--trials", "90", "--candidates", "auto,4x64,8x32"],
      ]
      for command in commands {
        var outputs: Set<Data> = []
        for workers in 1...3 {
          let outcome = try await Program.run(command + ["--json", "--workers", "\(workers)", "--threads", "1"])
          try #require(outcome.status == 0, "\(outcome.errors)")
          outputs.insert(outcome.output)
        }
        #expect(outputs.count == 1, "\(command[0])")
      }
    }

    @Test("what tune writes is what run then uses, beyond the trained length only")
    func writtenChoice() async throws {
      let folder = try ScratchFolder()
      let file = folder.path("policy.yaml")
      let tuned = try await Program.run([
        "tune", SharedFiles.demo, "--context", "600", "--trials", "20", "--candidates", "4x48", "--keys", "1",
        "--write", file,
      ])
      try #require(tuned.status == 0, "\(tuned.errors)")
      #expect(tuned.text.contains("4x48"))
      for (count, groupSize) in [(100, 1), (300, 4)] {
        let run = try await IDRun.of(
          SharedFiles.demo, ids: Array(repeating: 40, count: count), ["--max-tokens", "1", "--config", file])
        #expect(run.output.policy.group_size == groupSize, "\(count) tokens")
        if groupSize > 1 { #expect(run.output.policy.neighbor_window == 48) }
      }
    }

    private static let aliasesOfAliases =
      "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
      + zip("abcdefgh", "bcdefghi").map { inner, outer in
        "\(outer): &\(outer) [\(Array(repeating: "*\(inner)", count: 9).joined(separator: ", "))]\n"
      }.joined() + "? *i\n: 1\n? *i\n: 2\n"

    @Test("a file that is no configuration, or has unknown keys, is refused by name")
    func badConfiguration() async throws {
      let folder = try ScratchFolder()
      let texts = [
        ("group_size: eight", "YAML"), ("[1, 2]", "YAML"), ("group: 8", "unknown key 'group'"),
        ("group_size: 0", "group_size: 0"), ("neighbor_window: -1", "neighbor_window"),
        ("group_size: 99999999999999999999", "YAML"), ("a: &a [*a]", "alias"),
        // References to references, nine each time: as a key they would be compared for ever.
        (Self.aliasesOfAliases, "alias"),
      ]
      for (text, words) in texts {
        let outcome = try await Program.run([
          "explain", SharedFiles.demo, "--context", "600", "--config", try folder.write(text, to: "config.yaml"),
        ])
        #expect(outcome.status == 78, "\(text): \(outcome.errors)")
        #expect(outcome.errors.contains(words), "\(text): \(outcome.errors)")
      }
      let missing = try await Program.run([
        "explain", SharedFiles.demo, "--context", "600", "--config", folder.path("none"),
      ])
      #expect(missing.status != 0 && missing.errors.contains("none"))
    }

    @Test("a trained length given by hand decides what is grouped, and the answer says so")
    func trainedLength() async throws {
      let ids = Array(repeating: Int32(40), count: 200)
      let run = try await IDRun.of(SharedFiles.demo, ids: ids, ["--max-tokens", "1", "--trained-length", "128"])
      #expect(run.output.policy.trained_length == 128)
      #expect(run.output.policy.group_size > 1 && run.output.policy.neighbor_window == 32)
    }

    @Test("what cannot be measured is refused with a message before any process starts")
    func refusals() async throws {
      let refusals: [(arguments: [String], words: String)] = [
        (["passkey", SharedFiles.demo, "--statement", "nothing"], "has no {key}"),
        (["passkey", SharedFiles.demo, "--lengths", "20"], "are too few for a"),
        (["passkey", SharedFiles.demo, "--keys", "0"], "number of keys"),
        (["perplexity", SharedFiles.demo, "--lengths", "900000"], "the text has"),
        (["perplexity", SharedFiles.demo, "--policy", "8by32"], "--policy"),
        (["tune", SharedFiles.demo, "--context", "100"], "within the trained context"),
        (["tune", SharedFiles.demo], "--context"),
        (["tune", SharedFiles.demo, "--context", "600", "--methods", "string"], "within the trained context"),
        (["verify-context", SharedFiles.demo, "--context", "99999", "--report", "/dev/null"], "99999"),
        (["verify-context", SharedFiles.demo, "--report", "/dev/null"], "--context"),
      ]
      for (arguments, words) in refusals {
        let outcome = try await Program.run(arguments, limit: 30)
        #expect(outcome.status == 2, "\(arguments): \(outcome.errors)")
        #expect(outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
        #expect(outcome.output.isEmpty)
      }
    }

    @Test("explain names the choice, the rule, the file's key, and an override")
    func explain() async throws {
      let automatic = try await Program.run(["explain", SharedFiles.demo, "--context", "2048"])
      #expect(automatic.status == 0)
      for words in ["group size 32, neighbor window 64", "llama.context_length = 256", "126.0 < 170.7", "48.8 %"] {
        #expect(automatic.text.contains(words), "\(automatic.text)")
      }
      let overridden = try await Program.run([
        "explain", SharedFiles.demo, "--context", "2048", "--trained-length", "4096", "--json",
      ])
      #expect(overridden.text.contains("\"group_size\" : 1") && overridden.text.contains("4096, from the options"))
      let refused = try await Program.run(["explain", SharedFiles.demo, "--context", "99999"])
      #expect(refused.status == 2 && refused.text.contains("too long") && refused.errors.contains("99999"))
    }

    @Test("verify-context compares the policies that are named with plain attention, and says which won")
    func comparison() async throws {
      struct Output: Decodable {
        struct Comparison: Decodable {
          struct Entry: Decodable {
            struct Policy: Decodable { let method: String }
            let policy: Policy
            let windows: Int
            let questions: Int
          }
          let conclusion: [String]
          let ranked: [Entry]
        }
        let comparison: Comparison?
      }
      let folder = try ScratchFolder()
      func verify(_ policy: String) async throws -> Output {
        let outcome = try await Program.run([
          "verify-context", SharedFiles.demo, "--context", "600", "--report", folder.path("report.html"), "--windows",
          "2", "--depths", "2", "--trials", "1", "--keys", "1", "--json", "--policy", policy,
        ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSONDecoder().decode(Output.self, from: outcome.output)
      }
      let output = try await verify("auto,rerope")
      let comparison = try #require(output.comparison)
      #expect(Set(comparison.ranked.map(\.policy.method)) == ["self-extend", "rerope", "plain"])
      #expect(comparison.ranked.allSatisfy { $0.windows == 2 && $0.questions > 0 })
      #expect(comparison.conclusion.first?.contains("3 policies at 600 tokens") == true)
      let alone = try await verify("auto")
      #expect(alone.comparison == nil)
    }

    @Test(
      "verify-context makes a page that a browser draws in light and dark without asking for anything else",
      .enabled(if: Browser.path != nil, "there is no Chromium to draw the page with"))
    func page() async throws {
      let folder = try ScratchFolder()
      let file = folder.path("report.html")
      let outcome = try await Program.run([
        "verify-context", SharedFiles.demo, "--context", "600", "--report", file, "--windows", "2", "--depths", "2",
        "--trials", "1", "--keys", "1", "--json",
      ])
      try #require(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.text.contains("\"trusted_length\""))
      let page = try String(contentsOfFile: file, encoding: .utf8)
      #expect(page.contains("Longhaul demo") && !page.contains("<script"))
      let browser = try #require(Browser.path)
      var pictures: [Data] = []
      for scheme in [Browser.Scheme.light, .dark] {
        let picture = folder.url.appendingPathComponent("\(scheme).png")
        try await Browser.draw(file, scheme: scheme, to: picture.path, browser: browser)
        pictures.append(try Data(contentsOf: picture))
      }
      // A blank page of this size is some 5 kB; a page that knows no dark gives the same picture twice.
      #expect(pictures.allSatisfy { $0.count > 40_000 })
      #expect(pictures[0] != pictures[1])
    }
  }
}

/// Headless Chromium, where there is one.
enum Browser {
  enum Scheme: String {
    case light, dark
  }

  static let path = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// Draws a file to a PNG of 1200 x 2400.
  static func draw(_ file: String, scheme: Scheme, to picture: String, browser: String) async throws {
    let profile = try ScratchFolder()
    let process = Program.command([
      "timeout", "-s", "KILL", "120", browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
      "--user-data-dir=\(profile.url.path)", "--window-size=1200,2400", "--screenshot=\(picture)",
      // 0 is dark, 1 is light.
      "--blink-settings=preferredColorScheme=\(scheme == .dark ? 0 : 1)", "file://\(file)",
    ])
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    #expect(try await process.runToEnd() == 0)
  }
}
