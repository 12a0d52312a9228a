import Foundation

/// The most memory a process has held so far, as the system counts it: private memory, and pages of mapped files.
enum ProcessMemory {
  /// Nil when the process has gone or the system does not say.
  static func peakByteCount(of process: Int32) -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix("VmHWM:") {
      return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
    return nil
  }

  /// Forgets this process's own peak, so that the next one is of what comes now. Where the system does not allow it the
  /// old peak stands.
  static func forgetOwnPeak() {
    guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
    try? file.write(contentsOf: Data("5".utf8))
    try? file.close()
  }
}
