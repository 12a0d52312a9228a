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
  private let prefillBefore: [Double]
  private let decodeBefore: [Double]
  private let headWork: Double

  /// - Parameters:
  ///   - model: has the footprint's layers.
  ///   - pageSize: of the worker's device.
  ///   - pageCount: KV pages of each layer.
  init(
    _ weights: WeightFootprint, model: ModelConfiguration, pageSize: KVPageSize, pageCount: Int, processByteCount: Int
  ) {
    layerCount = weights.layers.count
    self.processByteCount = processByteCount
    tiedByteCount = model.hasTiedHead ? weights.embeddingByteCount : 0
    headWork = Double(weights.headByteCount)
    var (held, pages) = ([0], [0])
    var (prefill, decode) = ([0.0], [0.0])
    for (index, layer) in weights.layers.enumerated() {
      let first = index == 0 ? weights.embeddingByteCount : 0
      let last = index == layerCount - 1 ? weights.headByteCount : 0
      // A token reads one row of the table.
      let row = Double(first) / Double(max(1, model.vocabularySize))
      held.append(held[index].cappedSum(layer.weightByteCount.cappedSum(first).cappedSum(last)))
      let pageByteCount = pageSize.byteCount(model.layers[index].attention)
      pages.append(pages[index].cappedSum(pageByteCount.cappedProduct(pageCount)))
      prefill.append(prefill[index] + Double(layer.prefillByteCount) + row)
      decode.append(decode[index] + Double(layer.decodeByteCount) + row)
    }
    (weightsBefore, kvBefore, prefillBefore, decodeBefore) = (held, pages, prefill, decode)
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
    switch work {
    case .prefill: (prefillBefore[upper] - prefillBefore[lower]) / speed
    case .decode: (decodeBefore[upper] - decodeBefore[lower] + (upper == layerCount ? headWork : 0)) / speed
    }
  }
}
