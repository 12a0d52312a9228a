import Fixtures
import Foundation
import Testing

extension EndToEnd {
  @Suite("bench")
  struct BenchRuns {
    private struct Output: Decodable {
      struct Result: Decodable {
        let test: String
        let tokens: Int
        let depth: Int
        let batch: Int
        let tokens_per_second: Double
        let samples: [Double]
        let time_over_first: Double?
        let policy: RunOutput.Policy
        let reached: [Milestone]
      }
      struct Milestone: Decodable {
        let tokens: Int
        let seconds: Double
      }
      struct Setting: Decodable {
        let workers: Int
        let threads: Int
        let plan: [RunOutput.Stage]
        let results: [Result]
        let limits: [String: Double]
        let peak_bytes_workers: [Int]
      }
      let model: String
      let settings: [Setting]
    }

    @Test("measures every case asked for, on every cluster asked for")
    func everyCase() async throws {
      let outcome = try await Program.run([
        "bench", SharedFiles.demo, "--prompt", "32,64", "--depth", "0,300", "--batch", "1,3", "--tokens", "4",
        "--repeats", "2", "--workers", "1,2", "--threads", "1", "--json",
      ])
      try #require(outcome.status == 0, "\(outcome.errors)")
      let output = try JSONDecoder().decode(Output.self, from: outcome.output)
      for workers in [1, 2] {
        let settings = output.settings.filter { $0.workers == workers }
        #expect(settings.allSatisfy { $0.plan.count == workers && $0.peak_bytes_workers.count == workers })
        let results = settings.flatMap(\.results)
        #expect(
          results.map { "\($0.test) \($0.tokens) \($0.depth) \($0.batch)" } == [
            "prefill 32 0 1", "prefill 32 300 1", "prefill 64 0 1", "prefill 64 300 1", "decode 4 0 1",
            "decode 4 300 1", "decode 4 0 3", "decode 4 300 3",
          ])
        #expect(results.allSatisfy { $0.samples.count == 2 && $0.tokens_per_second > 0 })
        // Beyond the demo model's 256 tokens the automatic policy groups.
        #expect(results.allSatisfy { ($0.policy.group_size > 1) == ($0.depth == 300) })
      }
    }

    @Test("several group sizes are measured on one cluster, each beside the first; a depth may lie inside a chunk")
    func groupSizes() async throws {
      let outcome = try await Program.run([
        "bench", SharedFiles.demo, "--prompt", "40", "--depth", "100", "--batch", "2", "--tokens", "4", "--repeats",
        "2", "--group-size", "1,4", "--neighbor-window", "32", "--threads", "1", "--json",
      ])
      try #require(outcome.status == 0, "\(outcome.errors)")
      let output = try JSONDecoder().decode(Output.self, from: outcome.output)
      let results = output.settings.flatMap(\.results)
      #expect(
        results.map { "\($0.test) \($0.policy.group_size)" } == ["prefill 1", "prefill 4", "decode 1", "decode 4"])
      #expect(results.allSatisfy { $0.samples.count == 2 && $0.tokens_per_second > 0 })
      #expect(results.map { ($0.time_over_first ?? 0) > 0 } == [false, true, false, true])
    }

    @Test("of a long prompt it says how long its parts took from the beginning")
    func milestones() async throws {
      let outcome = try await Program.run([
        "bench", SharedFiles.demo, "--prompt", "1200", "--batch", "0", "--repeats", "1", "--threads", "1", "--json",
      ])
      try #require(outcome.status == 0, "\(outcome.errors)")
      let output = try JSONDecoder().decode(Output.self, from: outcome.output)
      let result = try #require(output.settings.first?.results.first)
      #expect(result.reached.map(\.tokens) == [1024])
      let whole = 1200 / result.tokens_per_second
      #expect(result.reached.allSatisfy { $0.seconds > whole / 3 && $0.seconds < whole })
    }

    @Test("unknown shapes, types and lists are refused with what is known")
    func badOptions() async throws {
      for (arguments, word) in [
        (["--random", "Llama-9"], "TinyLlama-1.1B"), (["--random", "Llama-2-7B", "--type", "Q9"], "Q4_0"),
        (["--prompt", "1,x"], "--prompt"), (["--workers", "0"], "--workers"), (["--group-size", "0"], "--group-size"),
        (["--random", "Llama-2-7B", "--type", "Q9_K_M"], "Q4_K_M"), (["--kv-type", "f17"], "--kv-type"),
        (["--keep", "x.gguf"], "--random"),
      ] {
        let outcome = try await Program.run(["bench"] + arguments, limit: 30)
        #expect(outcome.status == 2, "\(arguments)")
        #expect(outcome.errors.contains(word), "\(outcome.errors)")
      }
    }
  }
}
