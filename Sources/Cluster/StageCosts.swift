import Core

/// The memory and time that any run of layers costs a worker, from prefix sums.
///
/// The embedding counts with layer 0 and the head with the last layer, since the workers of those layers hold them.
struct StageCosts: Sendable {
  let layerCount: Int
  let processByteCount: Int
  /// The phases of a request, in which a stage's time differs.
  enum Work: CaseIterable {
    /// The head runs once a prompt, which is negligible.
    case prefill
    /// The head runs for every token.
    case decode
  }

  /// Saved when one worker has both ends of a model with a tied head: the table, not the norm.
  private let tiedByteCount: Int
  /// Weight bytes of layers below an index.
  private let weightsBefore: [Int]
  /// KV bytes of layers below an index.
  private let kvBefore: [Int]
  /// Bytes of weights that a token is multiplied by, in layers below an index.
  private let workBefore: [Double]
  private let headWork: Double

  /// - Parameters:
  ///   - ends: the embedding and the head; its layers are ignored.
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

  /// All memory of the worker's process.
  func memoryByteCount(_ lower: Int, _ upper: Int) -> Int {
    weightByteCount(lower, upper).cappedSum(kvByteCount(lower, upper)).cappedSum(processByteCount)
  }

  /// Time of a token in the stage, as bytes divided by the worker's speed.
  func time(_ lower: Int, _ upper: Int, speed: Double, _ work: Work) -> Double {
    let head = work == .decode && upper == layerCount ? headWork : 0
    return (workBefore[upper] - workBefore[lower] + head) / speed
  }
}
