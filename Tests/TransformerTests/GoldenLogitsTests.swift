import Fixtures
import Core
import TestTraits
import Testing

private func largestDifference(_ left: [Float], _ right: [Float]) -> Float {
  zip(left, right).reduce(Float(0)) { max($0, abs($1.0 - $1.1).isNaN ? .infinity : abs($1.0 - $1.1)) }
}

@Suite(
  "Logits of real models against an independent reference", .serialized,
  .needsShared("models/stories260K", "models/llama2xs-256", "goldens"))
struct GoldenLogitsTests {
  /// File, golden folder, cache type and the error its README allows.
  static let cases: [(model: String, golden: String, kv: KVElementType, bound: Float)] = [
    ("stories260K/stories260K-F32.gguf", "stories260K", .f32, 1e-3),
    ("stories260K/stories260K-F32.gguf", "stories260K", .i16, 0.1),
    ("llama2xs-256/llama2xs-256-F32.gguf", "llama2xs-256", .f32, 1e-3),
    ("llama2xs-256/llama2xs-256-F32.gguf", "llama2xs-256", .i16, 0.1),
  ]

  @Test("last-position logits are within the reference's bound, plain and SelfExtend", arguments: 0..<4)
  func lastLogits(index: Int) throws {
    let value = Self.cases[index]
    let path = SharedFiles.path("models/\(value.model)")
    for prompt in ["once_a_fox", "stories_800"] {
      let golden = try GoldenLogits.read("\(value.golden)/\(prompt)")
      for run in golden.runs {
        let expected = try GoldenLogits.numbers("\(value.golden)/\(run.logits)")
        var chain = try StageChain(
          path: path, stageCount: 1, policy: (run.G, run.w), kv: value.kv, threads: 2, context: 900, chunk: 256)
        let logits = try chain.read(prompt: golden.ids, chunk: 256)
        #expect(largestDifference(logits, expected) < value.bound, "\(value.model) \(prompt) G=\(run.G)")
      }
    }
  }

  @Test("with fast attention they are within 0.2, plain and SelfExtend", arguments: 0..<4)
  func fastLogits(index: Int) throws {
    let value = Self.cases[index]
    let path = SharedFiles.path("models/\(value.model)")
    for prompt in ["once_a_fox", "stories_800"] {
      let golden = try GoldenLogits.read("\(value.golden)/\(prompt)")
      for run in golden.runs {
        let expected = try GoldenLogits.numbers("\(value.golden)/\(run.logits)")
        var chain = try StageChain(
          path: path, stageCount: 1, policy: (run.G, run.w), kv: value.kv, attention: .fast, threads: 2, context: 900,
          chunk: 256)
        let difference = largestDifference(try chain.read(prompt: golden.ids, chunk: 256), expected)
        #expect(difference < 0.2, "\(value.model) \(prompt) G=\(run.G)")
        #expect(difference > 0, "nothing was rounded")
      }
    }
  }

  @Test("greedy tokens follow the reference up to the first close call")
  func greedyTokens() throws {
    for value in Self.cases where value.kv == .f32 {
      let path = SharedFiles.path("models/\(value.model)")
      let golden = try GoldenLogits.read("\(value.golden)/stories_800")
      for run in golden.runs {
        var chain = try StageChain(
          path: path, stageCount: 2, policy: (run.G, run.w), kv: .f32, threads: 1, context: 900, chunk: 64)
        var logits = try chain.read(prompt: golden.ids, chunk: 64)
        for (token, lead) in zip(run.greedy, run.greedy_lead) {
          guard lead > 2 * value.bound else { break }
          let best = logits.indices.max { logits[$0] < logits[$1] }
          #expect(best == Int(token))
          logits = try chain.read([token])
        }
      }
    }
  }
}

@Suite("A model split over stages", .serialized)
struct StageSplitTests {
  @Test(
    "one, two, three and five stages, any chunks and threads give the same bytes",
    .needsShared("models/llama2xs-256", "goldens/llama2xs-256"))
  func splittingKeepsBytes() throws {
    let path = SharedFiles.path("models/llama2xs-256/llama2xs-256-Q4_0.gguf")
    let golden = try GoldenLogits.read("llama2xs-256/stories_800")
    let prompt = Array(golden.ids.prefix(300))
    for (policy, attention) in [
      ((1, 0), .exact), ((8, 32), .exact), ((5, 33), .exact), ((1, 0), .fast), ((8, 32), .fast),
    ] as [((Int, Int), AttentionArithmetic)] {
      func logits(stages: Int, threads: Int, chunk: Int) throws -> [UInt32] {
        var chain = try StageChain(
          path: path, stageCount: stages, policy: policy, kv: .i16, attention: attention, threads: threads,
          context: 320, chunk: chunk)
        return try chain.read(prompt: prompt, chunk: chunk).map(\.bitPattern)
      }
      let reference = try logits(stages: 1, threads: 1, chunk: 300)
      for (stages, threads, chunk) in [(1, 2, 7), (2, 1, 64), (3, 2, 300), (5, 1, 1), (2, 3, 33)] {
        #expect(try logits(stages: stages, threads: threads, chunk: chunk) == reference)
      }
    }
  }
}
