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
      build: BuildInfo.version, numericsID: NumericsID.current, host: host,
      processor: "\(processorModel ?? "unknown") (\(kernelInstructionSet))", threadCount: threadCount,
      processors: placement.processors ?? ThreadPlacement.availableProcessors, quota: ControlGroups().processorCount)
  }

  /// The speed that a worker of so many threads has here: as it was measured, else, if wanted, measured now.
  static func search(threadCount: Int, placement: ThreadPlacement, measures: Bool) async -> StageSpeed? {
    let key = key(threadCount: threadCount, placement: placement)
    let store = WeightsCacheOptions.defaultFolder.map { SpeedStore(BlobStore(folder: $0)) }
    guard measures else { return store?.speed(of: key) }
    let finding = await SpeedThread.run {
      let start = ContinuousClock.now
      return SpeedSearch(
        key, store: store, now: { start.duration(to: .now) }, sleep: { Thread.sleep(forTimeInterval: $0.inSeconds) },
        measure: { try CPUDevice(threadCount: threadCount, placement: placement).measureSpeed() }
      ).find()
    }
    if case .failed(let reason) = finding {
      StandardError.event("the speed was not measured, so threads are counted: \(reason)")
    }
    return finding.speed
  }

  /// The system's own number, else its name: a folder may be shared with other hosts of the same processor.
  private static var host: String {
    let number = (try? String(contentsOfFile: "/etc/machine-id", encoding: .utf8)) ?? ""
    let text = number.trimmingCharacters(in: .whitespacesAndNewlines)
    return text.isEmpty ? ProcessInfo.processInfo.hostName : text
  }

  /// As the kernel names it: a name, or on ARM a number; nil where it has none.
  private static var processorModel: String? {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") || $0.hasPrefix("CPU part") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
