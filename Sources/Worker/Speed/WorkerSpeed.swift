import Core
import Foundation
import Logging
import Transformer

/// The speed that a worker registers with: the stated one, else its host's, which it measures at the first start.
struct WorkerSpeed {
  /// Memory for weights that a measurement reads, at most: far more than caches hold.
  private static let mostByteCount = 256 << 20

  private let configuration: WorkerConfiguration
  private let device: CPUDevice
  private let logger: Logger
  private let isStopped: @Sendable () -> Bool

  /// - Parameter isStopped: whether the worker is to leave: a measurement ends at once.
  init(
    _ configuration: WorkerConfiguration, device: CPUDevice, logger: Logger, isStopped: @escaping @Sendable () -> Bool
  ) {
    self.configuration = configuration
    self.device = device
    self.logger = logger
    self.isStopped = isStopped
  }

  /// Nil where the worker's threads are to be counted. Takes seconds at a host's first start, else none.
  func find() async -> StageSpeed? {
    if let speed = configuration.compute.speed { return speed }
    guard let key = configuration.compute.speedKey else { return nil }
    let finding = await SpeedThread.run { [configuration, device, isStopped] in
      let start = ContinuousClock.now
      return SpeedSearch(
        key, store: configuration.checkpoints.cache.map { SpeedStore($0) }, now: { start.duration(to: .now) },
        sleep: { Thread.sleep(forTimeInterval: $0.inSeconds) }, isStopped: isStopped
      ) {
        try device.measureSpeed(
          byteCount: min(Self.mostByteCount, configuration.memory.byteCount / 4), isStopped: isStopped)
      }.find()
    }
    log(finding)
    return finding.speed
  }

  private func log(_ finding: SpeedSearch.Finding) {
    func numbers(_ speed: StageSpeed) -> Logger.Metadata {
      func text(_ number: Double) -> Logger.MetadataValue { "\((number * 100).rounded() / 100)" }
      return ["prefill": text(speed.prefill), "decode": text(speed.decode)]
    }
    switch finding {
    case .kept(let speed): logger.info("speed as measured before", metadata: numbers(speed))
    case .measured(let speed, let trouble):
      logger.info("speed measured", metadata: numbers(speed))
      if let trouble { logger.warning("the speed is measured again next time", metadata: ["reason": "\(trouble)"]) }
    case .failed(let reason):
      logger.warning("the speed was not measured; threads are counted", metadata: ["reason": "\(reason)"])
    }
  }
}
