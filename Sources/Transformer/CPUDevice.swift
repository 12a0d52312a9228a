package import Backend
import Core
import Synchronization
package import Tensors
package import Weights

/// The processors of this machine as a device that computes stages: a pool of threads, which one stage at a time uses.
package final class CPUDevice: Sendable {
  let threadCount: Int
  let placement: ThreadPlacement
  private let packsFirst: Bool
  private let pool = Mutex<ComputePool?>(nil)

  /// - Parameter packsFirst: whether a stage is loaded only when all of its weights are packed, however slow memory is;
  ///   for measurements.
  package init(threadCount: Int, placement: ThreadPlacement = ThreadPlacement(), packsFirst: Bool = false) {
    self.threadCount = threadCount
    self.placement = placement
    self.packsFirst = packsFirst
  }

  /// Starts the pool, unless it runs. Called by the thread that will compute, which a placement may pin.
  /// - Throws: `ComputePoolError`.
  package func start() throws { _ = try startedPool() }

  private func startedPool() throws -> ComputePool {
    try pool.withLock { pool in
      if let pool { return pool }
      let started = try ComputePool(threadCount: threadCount, placement: placement)
      pool = started
      return started
    }
  }

  /// Reads and packs a stage's weights and allocates its cache. Blocks on the disk; no stage computes meanwhile.
  /// - Parameters:
  ///   - note: given a line for the log.
  ///   - progress: given the share done, ascending, at the end 1; what it throws ends the work.
  /// - Throws: `CheckpointError`, `AllocationError`, `ComputePoolError`, what `progress` throws.
  package func load(
    _ specification: StageSpecification, from checkpoint: Checkpoint, note: (String) -> Void,
    progress: (Double) throws -> Void
  ) throws -> any StageBackend {
    let pool = try startedPool()
    let tensors = try StageTensors(
      checkpoint, layers: specification.layers, hasEmbedding: specification.hasEmbedding,
      hasHead: specification.hasHead)
    let weights = try StageWeights(
      tensors, pool: pool, pace: packsFirst ? nil : AllocationMonitor(), progress: progress)
    if !weights.isPacked {
      note(
        "memory is slow: serving before packing is done (\(weights.unpackedByteCount) of \(weights.byteCount) bytes "
          + "left)")
    }
    return try CPUBackend(
      specification, configuration: tensors.configuration, weights: weights, pool: pool)
  }
}
