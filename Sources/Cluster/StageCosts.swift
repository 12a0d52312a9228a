import Core

/// What any run of layers costs a worker in memory and time, from prefix sums.
///
/// The embedding is counted with layer 0 and the head with the last layer, since the workers of those layers have them.
struct StageCosts: Sendable {
  let layerCount: Int
  let processByteCount: Int
  /// The kinds of work that a stage's time is counted for.
  enum Work: CaseIterable {
    /// Tokens of a prompt: the head runs once a prompt, which is as good as never.
    case prompt
    /// New tokens: the head runs for each.
    case answer
  }

  /// Saved when one worker has both ends of a model whose head is its embedding: the table, not the norm beside it.
  private let tiedByteCount: Int
  /// Weight bytes of layers below an index.
  private let weightsBefore: [Int]
  /// KV bytes of layers below an index.
  private let kvBefore: [Int]
  /// Bytes that a token is multiplied with in layers below an index.
  private let workBefore: [Double]
  private let headWork: Double

  /// - Parameters:
  ///   - ends: of which only the embedding and the head count.
  ///   - vocabularySize: rows of the embedding.
  ///   - pageCount: KV pages of each layer.
  init(
    layers: [LayerCost], ends: WeightFootprint, vocabularySize: Int, hasTiedHead: Bool, pageCount: Int,
    processByteCount: Int
  ) {
    layerCount = layers.count
    self.processByteCount = processByteCount
    tiedByteCount = hasTiedHead ? ends.embeddingByteCount : 0
    headWork = Double(ends.headByteCount)
    var weightsBefore = [0]
    var kvBefore = [0]
    var workBefore = [0.0]
    for (layer, cost) in layers.enumerated() {
      var held = cost.weightByteCount
      var work = Double(cost.activeByteCount)
      if layer == 0 {
        held = held.cappedSum(ends.embeddingByteCount)
        // A token reads one row of the table.
        work += Double(ends.embeddingByteCount) / Double(max(1, vocabularySize))
      }
      if layer == layerCount - 1 {
        held = held.cappedSum(ends.headByteCount)
      }
      weightsBefore.append(weightsBefore[layer].cappedSum(held))
      kvBefore.append(kvBefore[layer].cappedSum(cost.kvPageByteCount.cappedProduct(pageCount)))
      workBefore.append(workBefore[layer] + work)
    }
    self.weightsBefore = weightsBefore
    self.kvBefore = kvBefore
    self.workBefore = workBefore
  }

  func weightByteCount(_ lower: Int, _ upper: Int) -> Int {
    let sum = weightsBefore[upper] - weightsBefore[lower]
    return lower == 0 && upper == layerCount ? sum - tiedByteCount : sum
  }

  func kvByteCount(_ lower: Int, _ upper: Int) -> Int { kvBefore[upper] - kvBefore[lower] }

  /// Everything the worker's process holds.
  func memoryByteCount(_ lower: Int, _ upper: Int) -> Int {
    weightByteCount(lower, upper).cappedSum(kvByteCount(lower, upper)).cappedSum(processByteCount)
  }

  /// Time a token spends in the stage, in bytes over the worker's speed.
  func time(_ lower: Int, _ upper: Int, speed: Double, _ work: Work) -> Double {
    let head = work == .answer && upper == layerCount ? headWork : 0
    return (workBefore[upper] - workBefore[lower] + head) / speed
  }
}
