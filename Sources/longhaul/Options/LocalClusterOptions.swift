import ArgumentParser
import Cluster
import Foundation
import Inference

/// The local cluster that a command starts for itself.
struct LocalClusterOptions: ParsableArguments {
  @Option(help: "Worker processes.")
  var workers: Int = 2

  @Option(help: "Compute threads of each worker. Default: the processors, shared out.")
  var threads: Int?

  @Option(help: "Memory of each worker, for example 6GiB. Default: the free memory, shared out.")
  var memory: ByteSize?

  @OptionGroup var placement: PlacementOptions

  func validate() throws {
    guard (1...Limits.maximumWorkerCount).contains(workers) else {
      throw ValidationError("--workers must be between 1 and \(Limits.maximumWorkerCount)")
    }
    if let threads, !(1...256).contains(threads) { throw ValidationError("--threads must be between 1 and 256") }
  }

  var threadCount: Int { threads ?? max(1, Host.processorCount / workers) }
  var memoryByteCount: Int { memory?.byteCount ?? Host.availableMemoryByteCount / workers }

  /// What the planner is told of the workers.
  func resources() -> [WorkerResources] {
    (0..<workers).map {
      WorkerResources(name: "worker-\($0)", memoryByteCount: memoryByteCount, threadCount: threadCount)
    }
  }
}

/// An amount of memory as people write it: 512MiB, 6GiB, 8G, or bytes.
struct ByteSize: ExpressibleByArgument, Hashable {
  let byteCount: Int

  init(byteCount: Int) { self.byteCount = byteCount }

  /// As help shows it.
  var defaultValueDescription: String { "\(byteCount)" }

  init?(argument: String) {
    let digits = argument.prefix { $0.isNumber || $0 == "." }
    guard let amount = Double(digits), amount >= 0, amount.isFinite else { return nil }
    let scale: Double
    switch argument.dropFirst(digits.count).lowercased() {
    case "", "b": scale = 1
    case "k", "kb", "kib": scale = 1024
    case "m", "mb", "mib": scale = 1024 * 1024
    case "g", "gb", "gib": scale = 1024 * 1024 * 1024
    case "t", "tb", "tib": scale = 1024 * 1024 * 1024 * 1024
    default: return nil
    }
    guard let bytes = Int(exactly: (amount * scale).rounded()) else { return nil }
    byteCount = bytes
  }
}

/// This machine, as the system tells it.
enum Host {
  static var processorCount: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

  /// What may be allocated without pushing anything out; half the memory where the system does not say.
  static var availableMemoryByteCount: Int {
    let fallback = Int(clamping: ProcessInfo.processInfo.physicalMemory) / 2
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return fallback }
    for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
      let kibibytes = line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
      return kibibytes.map { $0 * 1024 } ?? fallback
    }
    return fallback
  }
}
