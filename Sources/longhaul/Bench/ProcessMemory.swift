import Foundation

/// Peak resident memory of a process, as the system counts it: private memory and pages of mapped files.
enum ProcessMemory {
  /// Nil when the process has exited or the system does not report it.
  static func peakByteCount(of process: Int32) -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix("VmHWM:") {
      return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
    return nil
  }

  /// Resets the peak of this process. Has no effect when the system does not allow it.
  static func resetOwnPeak() {
    guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
    try? file.write(contentsOf: Data("5".utf8))
    try? file.close()
  }
}
