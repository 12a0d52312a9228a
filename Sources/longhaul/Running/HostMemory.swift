/// How much memory there is for a service that stays.
struct HostMemory: Hashable {
  /// What can be allocated now without eviction.
  let freeByteCount: Int
  /// What the control groups leave; nil without a limit.
  let groupByteCount: Int?

  static var current: HostMemory {
    HostMemory(freeByteCount: Host.availableMemoryByteCount, groupByteCount: ControlGroups().memoryByteCount)
  }

  /// Memory that a service may plan to fill. A machine has other programs, too; the memory of a control group is this
  /// program's own, but for what processes take besides.
  var serviceByteCount: Int {
    guard let groupByteCount, groupByteCount <= freeByteCount else { return freeByteCount / 4 * 3 }
    return groupByteCount / 16 * 15
  }
}
