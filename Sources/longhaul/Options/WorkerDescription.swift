import ArgumentParser
import Cluster
import Core
import Transformer

/// A hypothetical worker of `plan`.
struct WorkerDescription: ExpressibleByArgument {
  let name: String
  let memory: ByteSize
  let speed: Double?

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (2...3).contains(parts.count), !parts[0].isEmpty, let memory = ByteSize(argument: parts[1])
    else { return nil }
    name = parts[0]
    self.memory = memory
    guard parts.count == 3 else {
      speed = nil
      return
    }
    guard let value = Double(parts[2]), value.isFinite, value > 0 else { return nil }
    speed = value
  }

  func resources(threads: Int) -> WorkerResources {
    WorkerResources(
      name: name,
      offer: CPUDevice.offer(
        memoryByteCount: memory.byteCount, threadCount: threads,
        speed: StageSpeed(prefill: speed ?? 1, decode: speed ?? 1)))
  }
}
