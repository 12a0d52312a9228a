import Core
import Foundation
import Synchronization
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
    let finding = onThreadOfItsOwn {
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

  /// A measurement keeps its thread where the placement says, which no other work may be.
  private static func onThreadOfItsOwn<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result {
    let result = Mutex<Result?>(nil)
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      let value = body()
      result.withLock { $0 = value }
      done.signal()
    }
    thread.name = "speed"
    thread.stackSize = 4 << 20
    thread.start()
    done.wait()
    guard let value = result.withLock({ $0 }) else { preconditionFailure("the thread ended without a result") }
    return value
  }

  /// As the kernel names it: a name, or on ARM a number; nil where it has none.
  private static var processorModel: String? {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") || $0.hasPrefix("CPU part") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
