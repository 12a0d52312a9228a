import Foundation

/// Processes of this machine by their parents.
enum ProcessTree {
  /// Ids of a process's children, zombies too, ascending.
  static func children(of parent: Int32) -> [Int32] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { Int32($0) }.filter { fields(of: $0).dropFirst().first.flatMap { Int32($0) } == parent }
      .sorted()
  }

  static func isRunning(_ identifier: Int32) -> Bool {
    let state = fields(of: identifier).first
    return state != nil && state != "Z" && state != "X"
  }

  /// How many files and sockets a process has open.
  static func descriptorCount(of identifier: Int32) -> Int {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(identifier)/fd")) ?? []).count
  }

  /// Of /proc/PID/stat, from the state on; none for a process that is gone.
  private static func fields(of identifier: Int32) -> [Substring] {
    let text = (try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8)) ?? ""
    // The name may have blanks and brackets.
    guard let end = text.lastIndex(of: ")") else { return [] }
    return text[text.index(after: end)...].split(separator: " ")
  }
}
