import Core

/// The phases of a request, in which a stage's time differs.
package enum Phase: CaseIterable, Sendable {
  case prefill
  case decode
}

/// What one step of a phase carries through every stage under a workload, on average over its steps.
struct StepLoad: Hashable, Sendable {
  let phase: Phase
  /// Tokens of the step.
  let rowCount: Int
  /// Sequences whose caches are read.
  let sequenceCount: Int
  /// Rows that the head computes.
  let headRowCount: Int
  /// Of so many steps one runs the head.
  let stepsPerHead: Int
  /// Steps of the whole workload.
  let stepCount: Int
  /// Positions of the rows over all steps. Not empty.
  let positions: Range<Int>
  /// Whether the policy groups positions, and so replaces windows.
  let groups: Bool

  /// A chunk of a prompt. Only the prompt's last row reaches the head.
  static func prefill(_ workload: Workload, chunkTokenCount: Int, groups: Bool) -> StepLoad {
    let chunk = max(1, min(chunkTokenCount, workload.promptTokenCount))
    let chunkCount = (workload.promptTokenCount + chunk - 1) / chunk
    return StepLoad(
      phase: .prefill, rowCount: chunk, sequenceCount: 1, headRowCount: 1, stepsPerHead: chunkCount,
      stepCount: chunkCount.cappedProduct(workload.sequenceCount), positions: 0..<workload.promptTokenCount,
      groups: groups)
  }

  /// A token of each sequence of a group. As many groups as there are stages keep all of them busy.
  static func decode(_ workload: Workload, stageCount: Int, groups: Bool) -> StepLoad {
    let groupCount = max(1, min(stageCount, workload.sequenceCount))
    let rows = (workload.sequenceCount + groupCount - 1) / groupCount
    return StepLoad(
      phase: .decode, rowCount: rows, sequenceCount: rows, headRowCount: rows, stepsPerHead: 1,
      stepCount: workload.answerTokenCount.cappedProduct(groupCount),
      positions: workload.promptTokenCount..<workload.contextLength, groups: groups)
  }

  /// Keys that a row meets, on average, rounded up.
  func keyCount(_ span: AttentionSpan) -> Int {
    let window: Int? =
      switch span {
      case .all: nil
      case .window(let count): count
      case .windowUnlessGrouped(let count): groups ? nil : count
      }
    func pairCount(_ rows: Int) -> Int {
      guard let window = window.map({ max(1, $0) }), window < rows else { return rows * (rows + 1) / 2 }
      return window * (window + 1) / 2 + (rows - window) * window
    }
    let pairs = pairCount(positions.upperBound) - pairCount(positions.lowerBound)
    return (pairs + positions.count - 1) / positions.count
  }

  /// What the step costs in a layer.
  /// - Parameter pageByteCount: of the keys and values that the layer attends to.
  func cost(of layer: LayerCost, _ shape: LayerShape, pageByteCount: Int) -> StepCost {
    let keys = keyCount(shape.attention.span)
    let perPair = phase == .prefill ? ReferenceThread.prefillAttention : ReferenceThread.decodeAttention
    return StepCost(
      weightRead: readByteCount(of: layer, activeShare: shape.feedForward.activeShare)
        .cappedProduct(ReferenceThread.readByte),
      products: Self.cost(of: layer.products).cappedProduct(rowCount),
      cacheRead: (keys.cappedProduct(pageByteCount) / Limits.pageSize).cappedProduct(sequenceCount)
        .cappedProduct(ReferenceThread.readByte),
      attention: keys.cappedProduct(shape.attention.querySize).cappedProduct(perPair).cappedProduct(rowCount))
  }

  /// The head's share of a step.
  func headCost(byteCount: Int, products: ProductCount) -> StepCost {
    StepCost(
      weightRead: byteCount.cappedProduct(ReferenceThread.readByte) / stepsPerHead,
      products: Self.cost(of: products).cappedProduct(headRowCount) / stepsPerHead)
  }

  private static func cost(of products: ProductCount) -> Int {
    products.integers.cappedProduct(ReferenceThread.integerProduct)
      .cappedSum(products.floats.cappedProduct(ReferenceThread.floatProduct))
  }

  /// Bytes of a layer that a step reads: once for all rows, but for experts, of which it reads those that any row is
  /// given to. These are as many as rows meet that are given to any experts alike.
  private func readByteCount(of layer: LayerCost, activeShare: Double) -> Int {
    guard activeShare < 1, layer.expertByteCount > 0 else { return layer.decodeByteCount }
    // Multiplied one by one, since a library's power may round otherwise elsewhere.
    let untouched = (0..<rowCount).reduce(1.0) { share, _ in share * (1 - activeShare) }
    let experts = Int((Double(min(layer.expertByteCount, .hugeByteCount)) * (1 - untouched)).rounded())
    return (layer.weightByteCount - layer.expertByteCount).cappedSum(experts)
  }
}
