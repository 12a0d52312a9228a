package import Core

/// What a worker offers a plan, as registered.
package struct WorkerResources: Hashable, Sendable {
  /// Plausible speeds. Beyond them times could overflow.
  package static let speeds: ClosedRange<Double> = 1e-9...1e18

  package var name: String
  /// Memory for weights, pages and the process itself.
  package var memoryByteCount: Int
  package var threadCount: Int
  /// Weight bytes that it processes per unit of time, in any unit that all workers share; within `speeds`.
  package var relativeSpeed: Double
  /// Layers whose weights were in memory when it registered.
  package var loadedLayers: LayerRange?

  /// - Parameter relativeSpeed: nil uses the thread count, which compares machines of one kind.
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
