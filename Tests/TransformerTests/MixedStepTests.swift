import Attention
import Fixtures
import Core
import Paging
import Tensors
import TestTraits
import Testing
import Transformer
import Weights

@Suite("Sequences that share steps", .serialized)
struct MixedStepTests {
  /// A sequence of the test: its prompt, its policy and how many tokens it brings to each step.
  private struct Part {
    let tokens: [TokenID]
    let policy: PositionPolicy
    let chunk: Int
  }

  @Test(
    "the logits of a sequence have the same bytes alone and beside others of other lengths and policies",
    .needsShared("models/llama2xs-256", "goldens/llama2xs-256"))
  func logitsKeepTheirBytes() throws {
    let golden = try GoldenLogits.read("llama2xs-256/stories_800")
    let checkpoint = try Checkpoint(path: SharedFiles.path("models/llama2xs-256/llama2xs-256-Q8_0.gguf"))
    let trained = try checkpoint.configuration.trainedLength
    let policies = [(1, 0), (8, 32), (5, 33), (1, 0)].compactMap {
      PositionPolicy(groupSize: $0.0, neighborWindow: $0.1, trainedLength: trained)
    }
    // A long reader, two that decode beside it, and one that joins with other chunks: no step looks like another.
    let parts = [
      Part(tokens: Array(golden.ids[0..<240]), policy: policies[0], chunk: 61),
      Part(tokens: Array(golden.ids[100..<400]), policy: policies[1], chunk: 97),
      Part(tokens: Array(golden.ids[7..<27]), policy: policies[2], chunk: 1),
      Part(tokens: Array(golden.ids[30..<40]), policy: policies[3], chunk: 1),
    ]
    let together = try Self.logits(of: parts, checkpoint: checkpoint, threads: 2)
    for (index, part) in parts.enumerated() {
      let alone = try Self.logits(of: [part], checkpoint: checkpoint, threads: 1)
      #expect(alone[0].count == together[index].count)
      #expect(alone[0] == together[index], "sequence \(index)")
    }
  }

  /// The bits of the logits after each sequence's every chunk, when all run together.
  private static func logits(of parts: [Part], checkpoint: Checkpoint, threads: Int) throws -> [[[UInt32]]] {
    let configuration = try checkpoint.configuration
    guard let layers = LayerRange(lower: 0, upper: configuration.layerCount) else {
      preconditionFailure("a model has layers")
    }
    let weights = try StageWeights(checkpoint, layers: layers, hasEmbedding: true, hasHead: true)
    let needs = parts.map {
      PageCount.of(tokens: $0.tokens.count, policy: $0.policy, chunkTokenCount: $0.chunk)
    }
    let stage = try PipelineStage(
      configuration: configuration, weights: weights, pageCount: needs.reduce(0, +), kvElementType: .i16,
      contextLength: 1024, rowCapacity: 256, pool: try ComputePool(threadCount: threads))
    var free = (0..<needs.reduce(0, +)).map { PageID(UInt32($0)) }
    func take(_ count: Int) -> [PageID] {
      defer { free.removeFirst(count) }
      return Array(free.prefix(count))
    }
    var caches = parts.map {
      SequenceCache(
        policy: $0.policy,
        neighborPages: take(PageCount.ofRing(policy: $0.policy, chunkTokenCount: $0.chunk)))
    }
    var result = parts.map { _ in [[UInt32]]() }
    while true {
      var entries: [CacheEntry] = []
      var lastRows: [(part: Int, row: Int)] = []
      var row = 0
      for (index, part) in parts.enumerated() {
        let start = caches[index].length
        let count = min(part.chunk, part.tokens.count - start)
        guard count > 0 else { continue }
        let missing = PageCount.of(tokens: start + count) - PageCount.of(tokens: start)
        if let refusal = caches[index].extend(start: start, tokenCount: count, newPages: take(missing)) {
          throw refusal
        }
        for offset in 0..<count { stage.embed(part.tokens[start + offset], row: row + offset) }
        entries.append(CacheEntry(cache: caches[index], firstRow: row, rowCount: count))
        row += count
        lastRows.append((index, row - 1))
      }
      guard row > 0 else { return result }
      stage.forward(entries: entries, rows: row) {}
      let logits = stage.logits(rows: lastRows.map(\.row)[...])
      let size = configuration.vocabularySize
      for (place, last) in lastRows.enumerated() {
        result[last.part].append((0..<size).map { logits[place * size + $0].bitPattern })
      }
    }
  }
}
