import Attention
import Core
import Paging
import Tensors
import Transformer
import Weights

/// Several stages of one model in one process, joined by copies: what the cluster does, without sockets.
struct StageChain {
  let stages: [PipelineStage]
  /// Of each stage.
  let ranges: [LayerRange]
  let configuration: ModelConfiguration
  private let policy: PositionPolicy
  private var cache: SequenceCache
  private var freePages: [PageID]

  init(
    path: String, rope: RopeOverride? = nil, stageCount: Int, policy: (group: Int, window: Int), kv: KVElementType,
    attention: AttentionArithmetic = .exact, threads: Int, context: Int, chunk: Int, pace: AllocationMonitor? = nil
  ) throws {
    let checkpoint = try Checkpoint(path: path, rope: rope)
    let configuration = try checkpoint.configuration
    self.configuration = configuration
    guard
      let policy = PositionPolicy(
        groupSize: policy.group, neighborWindow: policy.window, trainedLength: configuration.trainedLength)
    else { preconditionFailure("the test's policy is out of range") }
    self.policy = policy
    let pageCount = PageCount.of(tokens: context, policy: policy, chunkTokenCount: chunk)
    let pool = try ComputePool(threadCount: threads)
    let bounds = configuration.stageStarts + [configuration.layerCount]
    let ranges = (0..<stageCount).map { index in
      let (lower, upper) = ((bounds.count - 1) * index / stageCount, (bounds.count - 1) * (index + 1) / stageCount)
      guard let layers = LayerRange(lower: bounds[lower], upper: bounds[upper]) else {
        preconditionFailure("the split is ordered")
      }
      return layers
    }
    self.ranges = ranges
    stages = try ranges.enumerated().map { index, layers in
      let weights = try StageWeights(
        checkpoint, layers: layers, hasEmbedding: index == 0, hasHead: index == stageCount - 1, pool: pool, pace: pace)
      return try PipelineStage(
        configuration: configuration, weights: weights, pageCount: pageCount, kvElementType: kv, attention: attention,
        contextLength: context, rowCapacity: chunk, pool: pool)
    }
    let neighborCount = PageCount.ofRing(policy: policy, chunkTokenCount: chunk)
    cache = SequenceCache(policy: policy, neighborPages: (0..<neighborCount).map { PageID(UInt32($0)) })
    freePages = (neighborCount..<pageCount).map { PageID(UInt32($0)) }
  }

  /// Of each stage, whether all of its weights are packed.
  var isPacked: [Bool] { stages.map(\.isPacked) }

  /// Reads `tokens` and returns the logits after the last of them.
  mutating func read(_ tokens: ArraySlice<TokenID>) throws -> [Float] {
    let start = cache.length
    let missing = PageCount.of(tokens: start + tokens.count) - PageCount.of(tokens: start)
    let pages = Array(freePages.prefix(missing))
    freePages.removeFirst(missing)
    if let refusal = cache.extend(start: start, tokenCount: tokens.count, newPages: pages) { throw refusal }
    let entry = CacheEntry(cache: cache, firstRow: 0, rowCount: tokens.count)
    for (row, token) in tokens.enumerated() { stages[0].embed(token, row: row) }
    for (index, stage) in stages.enumerated() {
      stage.forward(entries: [entry], rows: tokens.count) {}
      if index + 1 < stages.count {
        stages[index + 1].hidden.update(from: stage.hidden, count: tokens.count * configuration.hiddenSize)
        for (row, token) in tokens.enumerated() { stages[index + 1].take(token, row: row) }
      }
    }
    let logits = stages[stages.count - 1].logits(rows: [tokens.count - 1][...])
    return Array(UnsafeBufferPointer(start: logits, count: configuration.vocabularySize))
  }

  /// Reads a whole prompt in chunks and returns the logits after its last token.
  mutating func read(prompt: [TokenID], chunk: Int) throws -> [Float] {
    var logits: [Float] = []
    for start in stride(from: 0, to: prompt.count, by: chunk) {
      logits = try read(prompt[start..<min(start + chunk, prompt.count)])
    }
    return logits
  }
}
