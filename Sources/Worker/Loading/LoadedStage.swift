import Core
import WeightDistribution
import Tensors
import Transformer
import Weights
import Wire

/// A stage with its weights and cache in memory, on its way from the loader thread to the compute thread.
///
/// Safety: `@unchecked Sendable`: the loader keeps no reference, so the compute thread is its one owner.
struct LoadedStage: @unchecked Sendable {
  /// What was loaded; the runner serves it while this is still what it waits for.
  let epoch: PlanEpoch
  let stage: PipelineStage
  let weightByteCount: Int
}

extension LoadedStage {
  /// Reads and packs the stage's weights and allocates its cache. Blocks on the disk.
  ///
  /// - Parameters:
  ///   - pool: whose threads share the work, and compute the stage afterwards; nothing else uses it meanwhile.
  ///   - packsFirst: whether all weights are packed however slow memory is; for measurements.
  /// - Throws: `CheckpointError`, `AllocationError`, `Cancelled`.
  init(
    _ checkpoint: Checkpoint, _ assignment: StageAssignment, pool: ComputePool, packsFirst: Bool,
    reporter: LoadReporter, cancellation: Cancellation
  ) throws {
    // What had to be looked for counts as half of the work.
    let found = assignment.sharesWeights ? 0.5 : 0
    let weights = try StageWeights(
      checkpoint, layers: assignment.layers, hasEmbedding: assignment.stageIndex == 0,
      hasHead: assignment.stageIndex == assignment.stageCount - 1, pool: pool,
      pace: packsFirst ? nil : AllocationMonitor()
    ) { fraction in
      try cancellation.check()
      reporter.progress(found + (1 - found) * fraction)
    }
    if !weights.isPacked {
      reporter.note(
        "memory is slow: serving before packing is done (\(weights.unpackedByteCount) of \(weights.byteCount) bytes "
          + "left)")
    }
    epoch = assignment.epoch
    weightByteCount = weights.byteCount
    stage = try PipelineStage(
      configuration: try checkpoint.configuration, weights: weights, pageCount: assignment.pageCount,
      kvElementType: assignment.kvElementType, contextLength: assignment.contextLength,
      rowCapacity: assignment.maximumStepTokenCount, pool: pool)
  }
}
