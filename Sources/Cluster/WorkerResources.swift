/// What a worker offers a plan, as it registered.
package struct WorkerResources: Hashable, Sendable {
  package var name: String
  /// Memory for weights, pages and the process itself.
  package var memoryByteCount: Int
  package var threadCount: Int
  /// Weight bytes it gets through per unit of time, in any unit all workers share; finite, above 0.
  package var relativeSpeed: Double

  /// - Parameter relativeSpeed: nil takes the thread count, as between machines of one kind.
  package init(name: String, memoryByteCount: Int, threadCount: Int, relativeSpeed: Double? = nil) {
    self.name = name
    self.memoryByteCount = memoryByteCount
    self.threadCount = threadCount
    self.relativeSpeed = relativeSpeed ?? Double(threadCount)
  }
}
