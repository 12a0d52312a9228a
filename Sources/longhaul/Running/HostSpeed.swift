import Core
import Foundation
import Tensors
import Transformer
import WeightDistribution
import Worker

/// What speeds measured on this machine hold for.
enum HostSpeed {
  /// - Parameter placement: of the threads.
  static func key(threadCount: Int, placement: ThreadPlacement) -> SpeedKey {
    SpeedKey(
      build: BuildInfo.version, numericsID: NumericsID.current,
      processor: "\(processorModel ?? "unknown") (\(kernelInstructionSet))", threadCount: threadCount,
      processors: placement.processors ?? ThreadPlacement.availableProcessors, quota: ControlGroups().processorCount)
  }

  /// The speed that a worker of so many threads has here: as it was measured, else, if wanted, measured now.
  static func search(threadCount: Int, placement: ThreadPlacement, measures: Bool) -> StageSpeed? {
    let key = key(threadCount: threadCount, placement: placement)
    let store = WeightsCacheOptions.defaultFolder.map { SpeedStore(BlobStore(folder: $0)) }
    guard measures else { return store?.speed(of: key) }
    let start = ContinuousClock.now
    return SpeedSearch(
      key, store: store, now: { start.duration(to: .now) }, sleep: { Thread.sleep(forTimeInterval: $0.inSeconds) },
      measure: { try CPUDevice(threadCount: threadCount, placement: placement).measureSpeed() }
    ).find().speed
  }

  /// As the kernel names it; nil where it does not, as on ARM.
  private static var processorModel: String? {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") || $0.hasPrefix("CPU part") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
