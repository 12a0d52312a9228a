import Foundation

/// Resources of this machine that this process may use: what the system reports, within what its control groups allow.
enum Host {
  /// Processors that threads may run on. Of a quota of processor time only whole ones count: threads that wait for each
  /// other and share one are slower than one thread less.
  static var coreCount: Int {
    let processors = ProcessInfo.processInfo.activeProcessorCount
    return max(1, min(processors, ControlGroups().processorCount.map { Int(min($0, 4096)) } ?? processors))
  }

  /// Memory that can be allocated without eviction, and without being killed for it.
  static var availableMemoryByteCount: Int {
    min(reportedMemoryByteCount, ControlGroups().memoryByteCount ?? Int.max)
  }

  /// Half of the memory where the system does not say what is available.
  private static var reportedMemoryByteCount: Int {
    let fallback = Int(clamping: ProcessInfo.processInfo.physicalMemory) / 2
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return fallback }
    for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
      let kibibytes = line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
      return kibibytes.map { $0 * 1024 } ?? fallback
    }
    return fallback
  }
}
