import Fixtures
import Foundation
import Testing

extension EndToEnd {
  @Suite("Methods of far positions")
  struct MethodRuns {
    private struct Output: Decodable {
      struct Policy: Decodable {
        let method: String
        let neighbor_window: Int
      }
      let tokens: [Int32]
      let policy: Policy
    }

    private func run(
      _ policy: String, rope: String? = nil, ids: String, workers: Int, chunk: Int
    ) async throws -> (Output, Data) {
      let folder = try ScratchFolder()
      let outcome = try await Program.run(
        [
          "run", SharedFiles.demo, "--token-ids", ids, "--policy", policy, "--workers", "\(workers)", "--chunk",
          "\(chunk)", "--logits", folder.path("logits"), "--json", "--ignore-eos", "--temperature", "0",
          "--max-tokens", "8",
        ] + (rope.map { ["--rope-scaling", $0] } ?? []))
      try #require(outcome.status == 0, "\(outcome.errors)")
      return (
        try JSONDecoder().decode(Output.self, from: outcome.output),
        try Data(contentsOf: folder.url.appendingPathComponent("logits"))
      )
    }

    @Test(
      "one worker and two give the same bytes, whatever the chunks",
      arguments: ["rerope", "string:85,16", "jet-long", "self"])
    func sameBytes(policy: String) async throws {
      let folder = try ScratchFolder()
      let ids = try folder.write("\((0..<310).map { 3 + $0 * 7 % 90 })", to: "ids.json")
      let (one, logits) = try await run(policy, ids: ids, workers: 1, chunk: 310)
      #expect(policy.hasPrefix(one.policy.method) && one.policy.neighbor_window > 0)
      let (two, others) = try await run(policy, ids: ids, workers: 2, chunk: 33)
      #expect(two.tokens == one.tokens && others == logits)
    }

    @Test(
      "under another scaling of RoPE one worker, two and three give the same bytes, which are not the plain ones",
      arguments: ["linear:2", "yarn:2"])
    func scaledRope(scaling: String) async throws {
      let folder = try ScratchFolder()
      let ids = try folder.write("\((0..<310).map { 3 + $0 * 7 % 90 })", to: "ids.json")
      let (one, logits) = try await run("auto", rope: scaling, ids: ids, workers: 1, chunk: 310)
      // The trained context of 256 is twice as long.
      #expect(one.policy.method == "plain")
      for workers in 2...3 {
        let (more, others) = try await run("auto", rope: scaling, ids: ids, workers: workers, chunk: 33)
        #expect(more.tokens == one.tokens && others == logits)
      }
      #expect(try await run("plain", ids: ids, workers: 1, chunk: 310).1 != logits)
    }

    @Test("within the trained length ReRoPE, Jet-Long and SELF give the bytes of plain attention")
    func shortText() async throws {
      let folder = try ScratchFolder()
      let ids = try folder.write("\((0..<100).map { 3 + $0 * 7 % 90 })", to: "ids.json")
      let (plain, logits) = try await run("plain", ids: ids, workers: 1, chunk: 100)
      for policy in ["auto", "rerope", "jet-long", "self"] {
        let (output, others) = try await run(policy, ids: ids, workers: 1, chunk: 100)
        #expect(output.policy.method == "plain" && output.tokens == plain.tokens && others == logits)
      }
    }
  }
}
