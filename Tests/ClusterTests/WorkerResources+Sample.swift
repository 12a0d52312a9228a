import Core
import Fixtures

@testable import Cluster

extension WorkerResources {
  /// A worker with the sample device.
  /// - Parameter relativeSpeed: nil where nothing measured it.
  init(name: String, memoryByteCount: Int, threadCount: Int, relativeSpeed: Double? = nil) {
    self.init(
      name: name,
      offer: .sample(memoryByteCount: memoryByteCount, threadCount: threadCount, speed: relativeSpeed))
  }

  var memoryByteCount: Int {
    get { offer.memoryByteCount }
    set { offer.memoryByteCount = newValue }
  }
}
