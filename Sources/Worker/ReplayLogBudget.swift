/// How much memory a worker's log of sent hidden states may take, beside what the plan gives to weights and cache.
package struct ReplayLogBudget: Hashable, Sendable {
  /// What the worker may hold in all.
  let memoryByteCount: Int
  /// What was asked for; 0 keeps no log.
  let wantedByteCount: Int

  /// - Parameter wantedByteCount: nil takes a quarter of the memory.
  package init(memoryByteCount: Int, wantedByteCount: Int?) {
    self.memoryByteCount = memoryByteCount
    self.wantedByteCount = wantedByteCount ?? memoryByteCount / 4
  }

  /// Never more than half of what is left: the process itself needs some, too.
  package func byteLimit(besideWeights weightByteCount: Int, keysAndValues kvByteCount: Int) -> Int {
    let (used, overflow) = weightByteCount.addingReportingOverflow(kvByteCount)
    guard !overflow, used < memoryByteCount else { return 0 }
    return max(0, min(wantedByteCount, (memoryByteCount - used) / 2))
  }
}
