/// How much a worker's log of sent hidden states may take, beside what the plan gives to weights and cache. `ReplayLog`
/// keeps to it.
package struct ReplayLogBudget: Hashable, Sendable {
  /// What the worker may hold in all.
  let memoryByteCount: Int
  /// What was asked for; 0 keeps no log.
  let wantedByteCount: Int
  /// Where what does not fit in memory goes; nil for nowhere.
  let disk: DiskRoom?

  /// Room for a file.
  package struct DiskRoom: Hashable, Sendable {
    let folder: String
    /// Nil leaves it to `SpillFile`.
    let byteLimit: Int?

    /// - Parameter byteLimit: 0 is no room.
    package init?(folder: String?, byteLimit: Int?) {
      guard let folder, byteLimit.map({ $0 > 0 }) ?? true else { return nil }
      self.folder = folder
      self.byteLimit = byteLimit
    }
  }

  /// - Parameter wantedByteCount: nil takes a quarter of the memory.
  package init(memoryByteCount: Int, wantedByteCount: Int?, disk: DiskRoom? = nil) {
    self.memoryByteCount = memoryByteCount
    self.wantedByteCount = wantedByteCount ?? memoryByteCount / 4
    self.disk = wantedByteCount == 0 ? nil : disk
  }

  /// Never more than half of what is left: the process itself needs some, too.
  package func byteLimit(besideWeights weightByteCount: Int, keysAndValues kvByteCount: Int) -> Int {
    let (used, overflow) = weightByteCount.addingReportingOverflow(kvByteCount)
    guard !overflow, used < memoryByteCount else { return 0 }
    return max(0, min(wantedByteCount, (memoryByteCount - used) / 2))
  }

  /// A log of rows so wide, empty.
  func log(
    width: Int, besideWeights weightByteCount: Int, keysAndValues kvByteCount: Int,
    report: @escaping (String) -> Void
  ) -> ReplayLog {
    let spill = disk.map {
      SpillFile(
        folder: $0.folder, byteLimit: $0.byteLimit, slotByteCount: ReplayLog.segmentByteCount(width: width),
        report: report)
    }
    return ReplayLog(
      width: width, byteLimit: byteLimit(besideWeights: weightByteCount, keysAndValues: kvByteCount), spill: spill)
  }
}
