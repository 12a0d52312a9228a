import Foundation

/// Resources of this machine, as the system reports them.
enum Host {
  static var coreCount: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

  /// Memory that can be allocated without eviction; half of the memory when the system does not report it.
  static var availableMemoryByteCount: Int {
    let fallback = Int(clamping: ProcessInfo.processInfo.physicalMemory) / 2
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return fallback }
    for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
      let kibibytes = line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
      return kibibytes.map { $0 * 1024 } ?? fallback
    }
    return fallback
  }
}
