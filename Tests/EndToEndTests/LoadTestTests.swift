import Fixtures
import Foundation
import Testing

extension EndToEnd {
  @Suite("load-test")
  struct LoadTests {
    private struct Output: Decodable {
      struct Times: Decodable {
        let count: Int
        let p50: Double
        let greatest: Double
      }
      struct Goodput: Decodable {
        let requests: Int
        let share: Double
      }
      let model: String
      let sent: Int
      let finished: Int
      let failed: Int
      let interrupted: Int
      let prompt_tokens: Int
      let cached_tokens: Int
      let answer_tokens: Int
      let tokens_counted_by: String
      let time_to_first_token: Times?
      let inter_token_latency: Times?
      let end_to_end: Times?
      let goodput: Goodput?
    }

    @Test(
      "measures a server: what was asked for came, and is counted by the server's usage",
      arguments: ["chat", "completions"])
    func measures(api: String) async throws {
      let server = try await ServedCluster(serving: SharedFiles.demo, arguments: ["--metrics"])
      let outcome = try await Program.run([
        "load-test", server.url("/v1"), "--api", api, "--rate", "50", "--requests", "8", "--prompt-tokens", "100",
        "--answer-tokens", "5-9", "--prefix-tokens", "128", "--target-total", "600", "--json", "--quiet",
      ])
      try #require(outcome.status == 0, "\(outcome.errors)")
      let output = try JSONDecoder().decode(Output.self, from: outcome.output)
      #expect(output.sent == 8 && output.finished == 8 && output.failed == 0 && output.interrupted == 0)
      #expect(!output.model.isEmpty && output.tokens_counted_by == "running usage")
      #expect((40...72).contains(output.answer_tokens))
      // Words have more or fewer tokens than those that were counted.
      #expect((8 * 190...8 * 270).contains(output.prompt_tokens), "\(output.prompt_tokens)")
      #expect(output.cached_tokens >= 7 * 64, "all begin alike")
      #expect(output.time_to_first_token?.count == 8 && output.end_to_end?.count == 8)
      #expect(output.inter_token_latency?.count == output.answer_tokens - 8)
      #expect(output.goodput?.requests == 8 && output.goodput?.share == 1)
      let table = try await Program.run([
        "load-test", server.url("/"), "--api", api, "--requests", "2", "--answer-tokens", "3", "--quiet",
      ])
      #expect(table.status == 0 && table.text.contains("2 finished, 0 failed") && table.text.contains("p99"))
    }

    @Test("requests that the server refuses are counted by their status")
    func refusals() async throws {
      let server = try await ServedCluster(
        serving: SharedFiles.demo, arguments: ["--sequences", "1", "--max-queued-requests", "0"])
      let outcome = try await Program.run([
        "load-test", server.url("/v1"), "--rate", "500", "--steady", "--requests", "20", "--prompt-tokens", "20",
        "--answer-tokens", "60", "--quiet",
      ])
      #expect(outcome.status == 0 && outcome.text.contains(" x HTTP 429: the server refuses (429)"), "\(outcome.text)")
    }

    @Test("Ctrl-C ends it with what was measured so far")
    func interrupted() async throws {
      let server = try await ServedCluster(serving: SharedFiles.demo, arguments: ["--metrics"])
      let folder = try ScratchFolder()
      let file = folder.url.appendingPathComponent("out")
      _ = FileManager.default.createFile(atPath: file.path, contents: nil)
      let process = Program.process(
        Program.url,
        [
          "load-test", server.url("/v1"), "--clients", "2", "--requests", "100000", "--answer-tokens", "4", "--json",
          "--quiet",
        ])
      process.standardOutput = try FileHandle(forWritingTo: file)
      try process.run()
      _ = try await server.metrics { $0["generation_tokens_total"] ?? 0 > 20 }
      kill(process.processIdentifier, SIGINT)
      process.waitUntilExit()
      #expect(process.terminationStatus == 130)
      let output = try JSONDecoder().decode(Output.self, from: Data(contentsOf: file))
      #expect(output.finished > 0 && output.sent == output.finished + output.interrupted && output.failed == 0)
    }

    @Test("where no server answers, or not this way, it says so and sends no load")
    func noServer() async throws {
      let outcome = try await Program.run(["load-test", "http://127.0.0.1:1", "--quiet"])
      #expect(outcome.status == 69 && outcome.errors.contains("no server answers at http://127.0.0.1:1/v1"))
      for wrong in [
        ["ftp://host"], ["http://127.0.0.1:1", "--rate", "1", "--clients", "2"], ["http://a", "--steady"],
      ] {
        #expect(try await Program.run(["load-test"] + wrong).status == 2, "\(wrong)")
      }
    }
  }
}
