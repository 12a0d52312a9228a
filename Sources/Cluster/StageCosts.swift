import Core

/// The memory and time that any run of layers costs a worker, from prefix sums.
///
/// The embedding counts with layer 0 and the head with the last layer, since the workers of those layers hold them;
/// where layers have inputs of their own, every stage holds the embedding and the table of these. A token reads one row
/// of a table, which is nothing beside a layer.
struct StageCosts: Sendable {
  let layerCount: Int
  /// Where a stage may begin or end, ascending: 0, layers, and the layer count.
  let bounds: [Int]
  /// Of every process, besides weights and pages.
  let processByteCount: Int
  /// More in the process that has the head.
  let headScratchByteCount: Int

  /// Saved when one worker has both ends of a model with a tied head: the table, not the norm.
  private let tiedByteCount: Int
  /// Of every stage.
  private let perStageByteCount: Int
  /// Weight bytes of layers below an index.
  private let weightsBefore: [Int]
  /// KV bytes of layers below an index.
  private let kvBefore: [Int]
  /// Bytes of one page in layers below an index.
  private let pageBefore: [Int]
  private let prefill: PhaseCosts
  private let decode: PhaseCosts

  /// Step costs of layers below an index, and of the head.
  private struct PhaseCosts: Sendable {
    let load: StepLoad
    let before: [StepCost]
    let head: StepCost
  }

  /// - Parameters:
  ///   - model: has the footprint's layers.
  ///   - pageSize: of the worker's device.
  ///   - pageCount: KV pages of each layer.
  ///   - prefill, decode: what steps carry.
  init(
    _ weights: WeightFootprint, model: ModelConfiguration, pageSize: KVPageSize, pageCount: Int, processByteCount: Int,
    headScratchByteCount: Int, prefill: StepLoad, decode: StepLoad
  ) {
    layerCount = weights.layers.count
    self.processByteCount = processByteCount
    self.headScratchByteCount = headScratchByteCount
    bounds = model.stageStarts + [layerCount]
    tiedByteCount = model.hasTiedHead ? weights.embeddingByteCount : 0
    perStageByteCount = weights.perStageByteCount
    var (held, page, pages) = ([0], [0], [0])
    for (index, layer) in weights.layers.enumerated() {
      let first = index == 0 && perStageByteCount == 0 ? weights.embeddingByteCount : 0
      let last = index == layerCount - 1 ? weights.headByteCount : 0
      held.append(held[index].cappedSum(layer.weightByteCount.cappedSum(first).cappedSum(last)))
      let pageByteCount = pageSize.byteCount(model.layers[index].attention)
      page.append(page[index].cappedSum(pageByteCount))
      pages.append(pages[index].cappedSum(pageByteCount.cappedProduct(pageCount)))
    }
    (weightsBefore, pageBefore, kvBefore) = (held, page, pages)
    func costs(_ load: StepLoad) -> PhaseCosts {
      let layers = zip(weights.layers, model.layers).map {
        load.cost(of: $0, $1, pageByteCount: pageSize.byteCountRead($1.attention))
      }
      return PhaseCosts(
        load: load, before: layers.reduce(into: [StepCost()]) { $0.append($0[$0.count - 1] + $1) },
        head: load.headCost(byteCount: weights.headByteCount, products: weights.headProducts))
    }
    (self.prefill, self.decode) = (costs(prefill), costs(decode))
  }

  func weightByteCount(_ lower: Int, _ upper: Int) -> Int {
    let sum = (weightsBefore[upper] - weightsBefore[lower]).cappedSum(perStageByteCount)
    let hasEmbedding = lower == 0 || perStageByteCount > 0
    return hasEmbedding && upper == layerCount ? sum - tiedByteCount : sum
  }

  func kvByteCount(_ lower: Int, _ upper: Int) -> Int { kvBefore[upper] - kvBefore[lower] }

  /// Bytes of one KV page in the layers.
  func pageByteCount(_ lower: Int, _ upper: Int) -> Int { pageBefore[upper] - pageBefore[lower] }

  /// All memory of the worker's process.
  func memoryByteCount(_ lower: Int, _ upper: Int) -> Int {
    weightByteCount(lower, upper).cappedSum(kvByteCount(lower, upper)).cappedSum(processByteCount)
      .cappedSum(upper == layerCount ? headScratchByteCount : 0)
  }

  /// Picoseconds that a step of the phase takes in the stage. Grows with the run.
  func stepTime(_ lower: Int, _ upper: Int, _ phase: Phase, _ speed: StageSpeed) -> Double {
    let costs = self[phase]
    let layers = (costs.before[upper] - costs.before[lower]).time(speed)
    return upper == layerCount ? layers + costs.head.time(speed) : layers
  }

  /// Picoseconds that all steps of the phase take in the stage.
  func workloadTime(_ lower: Int, _ upper: Int, _ phase: Phase, _ speed: StageSpeed) -> Double {
    stepTime(lower, upper, phase, speed) * Double(load(phase).stepCount)
  }

  func load(_ phase: Phase) -> StepLoad { self[phase].load }

  private subscript(phase: Phase) -> PhaseCosts { phase == .prefill ? prefill : decode }
}
