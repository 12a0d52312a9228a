import Backend
import Core
import Transformer
import Weights

/// A device of this machine that loads and computes stages, one at a time.
protocol StageDevice: Sendable {
  /// What the device offers a plan.
  /// - Parameters:
  ///   - memoryByteCount: what the worker may hold.
  ///   - speed: nil where nothing measured it.
  func offer(memoryByteCount: Int, speed: StageSpeed?) -> StageOffer

  /// Called by the compute thread before its first stage is loaded, and before any later one.
  func start() throws

  /// Loads a stage. Loader thread; no stage computes meanwhile.
  /// - Parameters:
  ///   - note: given a line for the log.
  ///   - progress: given the share done, ascending, at the end 1; what it throws ends the work.
  func load(
    _ specification: StageSpecification, from checkpoint: Checkpoint, note: (String) -> Void,
    progress: (Double) throws -> Void
  ) throws -> any StageBackend
}

extension CPUDevice: StageDevice {}
