import ArgumentParser
import Cluster
import Core
import Transformer

/// The local cluster that a command starts.
struct LocalClusterOptions: ParsableArguments {
  @Option(help: "Worker processes.")
  var workers: Int = 2

  @Option(help: "Compute threads per worker. Default: the machine's cores divided among the workers.")
  var threads: Int?

  @Option(help: "Memory per worker, for example 6GiB. Default: the free memory divided among the workers.")
  var memory: ByteSize?

  @OptionGroup var placement: PlacementOptions

  init() {}

  /// Options that no command line gave as these.
  init(workers: Int, threads: Int?, memory: ByteSize?, placement: PlacementOptions = .anywhere) {
    (self.workers, self.threads, self.memory, self.placement) = (workers, threads, memory, placement)
  }

  func validate() throws {
    guard (1...Limits.maximumWorkerCount).contains(workers) else {
      throw ValidationError("--workers must be between 1 and \(Limits.maximumWorkerCount)")
    }
    if let threads, !(1...256).contains(threads) { throw ValidationError("--threads must be between 1 and 256") }
  }

  var threadCount: Int { threads ?? max(1, Host.coreCount / workers) }
  var memoryByteCount: Int { memory?.byteCount ?? Host.availableMemoryByteCount / workers }

  /// Threads that work at once, of all workers together.
  var busyThreadCount: Int { min(Host.coreCount, workers * threadCount) }

  /// The workers as the planner sees them: they share this machine.
  /// - Parameters:
  ///   - alone: the measured speed of each worker while the others wait; empty where none was measured.
  ///   - together: the measured speed of `busyThreadCount` threads.
  func resources(alone: [StageSpeed?] = [], together: StageSpeed? = nil) -> [WorkerResources] {
    let workingCount = Double(min(threadCount, Host.coreCount))
    let counted = StageSpeed(prefill: workingCount, decode: workingCount)
    let share = Double(busyThreadCount) / workingCount
    return (0..<workers).map { index in
      let speed = alone.isEmpty ? nil : alone[index]
      let one = speed ?? counted
      // Beside counted threads a measurement would say nothing.
      let measured = speed == nil ? nil : together
      return WorkerResources(
        name: "worker-\(index)",
        offer: CPUDevice.offer(memoryByteCount: memoryByteCount, threadCount: threadCount, speed: speed),
        host: SharedHost(
          name: "this machine",
          speed: measured ?? StageSpeed(prefill: one.prefill * share, decode: one.decode * share)))
    }
  }
}
