import CPlatform

/// Where the threads of a pool run, and how they wait for each other.
package struct ThreadPlacement: Hashable, Sendable {
  /// Thread i stays on processor i of these; nil leaves it to the system.
  package var processors: [Int]?
  /// Keys and values are laid on the memory node of the threads that read them. Means little without `processors`.
  package var isNodeAware: Bool
  /// Whether a waiting thread looks around for a while before it sleeps. Right only while every thread that spins, of
  /// all processes on the machine, has a processor to itself.
  package var spins: Bool

  package init(processors: [Int]? = nil, isNodeAware: Bool = false, spins: Bool = true) {
    self.processors = processors
    self.isNodeAware = isNodeAware
    self.spins = spins
  }

  /// Numbers of the processors this process may run on, ascending.
  package static var availableProcessors: [Int] {
    var processors = [Int32](repeating: 0, count: 4096)
    let count = lh_processors(&processors, Int32(processors.count))
    return processors.prefix(Int(count)).map(Int.init)
  }
}
