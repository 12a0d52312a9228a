package import Core

/// The layers of every worker, and why.
package struct LayerPlan: Hashable, Sendable {
  /// In pipeline order. Every layer is in exactly one stage.
  package let stages: [StagePlacement]
  /// Sentences for operators: the split, the slowest stage, workers without layers.
  package let reasons: [String]
  /// KV pages of the cluster, the same number on every worker.
  package let pageCount: Int

  package init(stages: [StagePlacement], reasons: [String], pageCount: Int) {
    self.stages = stages
    self.reasons = reasons
    self.pageCount = pageCount
  }
}

/// No split of the layers fits the workers. The text says what is missing, and names every single change that is
/// enough, smallest first.
package struct InfeasiblePlan: Error, Hashable, Sendable, CustomStringConvertible {
  /// A single change after which a plan fits.
  package enum Remedy: Hashable, Sendable, CustomStringConvertible {
    case moreMemory(worker: String, byteCount: Int)
    /// More memory on every worker, where more on one is not enough.
    case moreMemoryEverywhere(byteCount: Int)
    /// The longest context that fits.
    case shorterContext(Int)
    /// One more worker, last in order, with this much memory.
    case anotherWorker(memoryByteCount: Int)
    case withoutWorker(String)

    package var description: String {
      switch self {
      case .moreMemory(let worker, let byteCount): "give \(worker) \(ByteText.of(byteCount)) more memory"
      case .moreMemoryEverywhere(let byteCount): "give every worker \(ByteText.of(byteCount)) more memory"
      case .shorterContext(let contextLength): "use --context \(contextLength)"
      case .anotherWorker(let byteCount): "add a worker with at least \(ByteText.of(byteCount))"
      case .withoutWorker(let worker): "remove \(worker)"
      }
    }
  }

  package let reason: String
  package let remedies: [Remedy]

  package init(reason: String, remedies: [Remedy] = []) {
    self.reason = reason
    self.remedies = remedies
  }

  package var description: String {
    guard !remedies.isEmpty else { return reason }
    return reason + "; any one of these is enough: " + remedies.map(\.description).joined(separator: ", or ")
  }
}
