import Synchronization

/// Hands out task numbers to threads, each once: they take the next when they are done with the last, so that a thread
/// the system holds up does not hold up the others.
final class TaskCounter: Sendable {
  private let next = Atomic<Int>(0)

  /// Begins again, before the threads start.
  func reset() { next.store(0, ordering: .relaxed) }

  /// The next number below `count`, or nil when all are taken.
  func take(below count: Int) -> Int? {
    let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
    return number < count ? number : nil
  }
}

/// Counters of unfinished tasks, one for each tile that several tasks share.
final class CompletionCounters: @unchecked Sendable {
  private let capacity: Int
  // Safety: atomics in fixed memory that lives as long as this object.
  private let counters: UnsafeMutablePointer<Atomic<Int>>

  init(capacity: Int) {
    self.capacity = capacity
    counters = .allocate(capacity: capacity)
    for index in 0..<capacity { (counters + index).initialize(to: Atomic(0)) }
  }

  deinit {
    counters.deinitialize(count: capacity)
    counters.deallocate()
  }

  /// Before the threads start. As many as `capacity`.
  func reset(to counts: [Int]) {
    precondition(counts.count <= capacity, "more shared tiles than were planned for")
    for (index, count) in counts.enumerated() { counters[index].store(count, ordering: .relaxed) }
  }

  /// Whether the calling task was the last one. What the others wrote before their call is then visible to it.
  func finishOne(of index: Int) -> Bool {
    counters[index].wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0
  }
}
