import Fixtures
import Foundation
import Core
import TestTraits
import Testing

/// What the paper says of whole models, a test a sentence. `../README.md` maps them.
@Suite("What the SelfExtend paper says of a model beyond its trained length", .serialized)
struct PaperPerplexityTests {
  /// Perplexity of the prompt's tokens from `first` on, read one at a time behind the others.
  private func perplexity(_ path: String, ids: [TokenID], from first: Int, policy: (Int, Int)) throws -> Double {
    var chain = try StageChain(
      path: path, stageCount: 1, policy: policy, kv: .f32, threads: 2, context: 900, chunk: 256)
    var logits = try chain.read(prompt: Array(ids[..<first]), chunk: 256)
    var sum = 0.0
    for token in ids[first...] {
      let maximum = Double(logits.max() ?? 0)
      sum += log(logits.reduce(0) { $0 + exp(Double($1) - maximum) }) + maximum - Double(logits[Int(token)])
      logits = try chain.read([token])
    }
    return exp(sum / Double(ids.count - first))
  }

  @Test(
    "grouping keeps the perplexity of a text three times the trained length; plain attention or a small G lose it",
    .needsShared("models/llama2xs-256", "goldens/llama2xs-256"))
  func perplexityBeyondTheTrainedLength() throws {
    let path = SharedFiles.path("models/llama2xs-256/llama2xs-256-F32.gguf")
    let golden = try GoldenLogits.read("llama2xs-256/stories_800")
    let inside = try perplexity(path, ids: Array(golden.ids[544...].prefix(256)), from: 128, policy: (1, 0))
    let scored = 672
    let grouped = try perplexity(path, ids: golden.ids, from: scored, policy: (8, 32))
    let plain = try perplexity(path, ids: golden.ids, from: scored, policy: (1, 0))
    // G = 2 and w = 32 reach 480 tokens: the last positions are again ones that the model never saw.
    let tooSmall = try perplexity(path, ids: golden.ids, from: scored, policy: (2, 32))
    print("perplexity: window alone \(inside), G=8 \(grouped), G=2 \(tooSmall), plain \(plain)")
    #expect(grouped < 1.25 * inside)
    #expect(plain > 10 * inside)
    #expect(tooSmall > 3 * inside)
  }
}
