package import Core

/// What a worker offers a plan, as it registered.
package struct WorkerResources: Hashable, Sendable {
  /// Speeds that are computed with. Beyond them a report is nonsense, and times could overflow.
  package static let speeds: ClosedRange<Double> = 1e-9...1e18

  package var name: String
  /// Memory for weights, pages and the process itself.
  package var memoryByteCount: Int
  package var threadCount: Int
  /// Weight bytes it gets through per unit of time, in any unit all workers share; within `speeds`.
  package var relativeSpeed: Double
  /// Layers whose weights it has in memory from before it registered.
  package var loadedLayers: LayerRange?

  /// - Parameter relativeSpeed: nil takes the thread count, as between machines of one kind.
  package init(
    name: String, memoryByteCount: Int, threadCount: Int, relativeSpeed: Double? = nil,
    loadedLayers: LayerRange? = nil
  ) {
    self.name = name
    self.memoryByteCount = memoryByteCount
    self.threadCount = threadCount
    self.relativeSpeed = relativeSpeed ?? Double(threadCount)
    self.loadedLayers = loadedLayers
  }
}
