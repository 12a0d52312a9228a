import Foundation

/// What the control groups of this process leave to it, in their versions 1 and 2. A group's limit holds for all groups
/// below it together, so the tightest one on the way up counts.
struct ControlGroups: Hashable {
  /// Bytes that may still be allocated. Page cache counts as free: the kernel drops it first. Nil without a limit.
  let memoryByteCount: Int?
  /// Bytes that may be allocated at all; the kernel kills for more. Nil without a limit.
  let memoryLimitByteCount: Int?
  /// Processors' worth of time. Nil without a quota.
  let processorCount: Double?
  /// Processes and threads that may still start. Nil without a limit.
  let taskCount: Int?

  /// - Parameter root: the folder that stands for `/`; another one in tests.
  init(root: String = "/") {
    let folders = GroupFolders(root: root)
    let memory = folders.all(of: "memory").compactMap(\.memory)
    memoryByteCount = memory.map { max(0, $0.limit - $0.used) }.min()
    memoryLimitByteCount = memory.map(\.limit).min()
    processorCount = folders.all(of: "cpu").compactMap(\.processorCount).min()
    taskCount = folders.all(of: "pids").compactMap(\.availableTaskCount).min()
  }
}

/// One group's files, of either version.
private struct GroupFolder {
  let path: String

  /// Bytes; page cache is not used memory.
  var memory: (limit: Int, used: Int)? {
    let limits = ["memory.max", "memory.high", "memory.limit_in_bytes"].compactMap { number($0) }
    guard let limit = limits.min(), let used = number("memory.current") ?? number("memory.usage_in_bytes") else {
      return nil
    }
    return (limit, max(0, used - cachedByteCount))
  }

  /// Page cache, of this group and those below it.
  private var cachedByteCount: Int {
    let prefix = number("memory.current") == nil ? "total_" : ""
    let names: Set<Substring> = ["\(prefix)active_file", "\(prefix)inactive_file"]
    var sum = 0
    for line in lines("memory.stat") {
      let words = line.split(separator: " ")
      if words.count == 2, names.contains(words[0]) { sum += Int(words[1]) ?? 0 }
    }
    return sum
  }

  var processorCount: Double? {
    let words = lines("cpu.max").first?.split(separator: " ") ?? []
    let quota = words.first.flatMap { Double($0) } ?? number("cpu.cfs_quota_us").map(Double.init)
    let period = words.dropFirst().first.flatMap { Double($0) } ?? number("cpu.cfs_period_us").map(Double.init)
    guard let quota, let period, quota > 0, period > 0 else { return nil }
    return quota / period
  }

  var availableTaskCount: Int? {
    guard let limit = number("pids.max"), let used = number("pids.current") else { return nil }
    return max(0, limit - used)
  }

  /// Nil for a file that is not there, says `max`, or has the number that version 1 writes for no limit.
  private func number(_ name: String) -> Int? {
    lines(name).first.flatMap { Int($0) }.flatMap { $0 < 1 << 60 ? $0 : nil }
  }

  private func lines(_ name: String) -> [Substring] {
    (try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8))?.split(separator: "\n") ?? []
  }
}

/// Where this process's groups are mounted.
private struct GroupFolders {
  private struct Mount {
    /// The group that is seen at the mount's folder.
    let group: String
    let folder: String
    /// Nil in version 2, where one hierarchy has all controllers.
    let controllers: Set<Substring>?
  }

  private let root: String
  private let mounts: [Mount]
  /// This process's groups, each with its hierarchy's controllers; none in version 2.
  private let groups: [(controllers: Set<Substring>, path: String)]

  init(root: String) {
    self.root = root
    func lines(_ path: String) -> [Substring] {
      (try? String(contentsOfFile: root + path, encoding: .utf8))?.split(separator: "\n") ?? []
    }
    groups = lines("/proc/self/cgroup").compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return nil }
      return (Set(parts[1].split(separator: ",")), String(parts[2]))
    }
    mounts = lines("/proc/self/mountinfo").compactMap { line in
      let words = line.split(separator: " ")
      guard let dash = words.firstIndex(of: "-"), dash >= 5, words.count > dash + 1 else { return nil }
      switch words[dash + 1] {
      case "cgroup2": return Mount(group: String(words[3]), folder: String(words[4]), controllers: nil)
      case "cgroup":
        return Mount(
          group: String(words[3]), folder: String(words[4]),
          controllers: Set((words.last ?? "").split(separator: ",")))
      default: return nil
      }
    }
  }

  /// This process's group and those above it that can be seen, in every hierarchy that may have the controller.
  func all(of controller: Substring) -> [GroupFolder] {
    mounts.flatMap { mount -> [GroupFolder] in
      let group = groups.first { group in
        mount.controllers == nil ? group.controllers.isEmpty : group.controllers.contains(controller)
      }
      guard let group, mount.controllers?.contains(controller) ?? true else { return [] }
      // Of groups outside of what is mounted, only the mount's own can be seen.
      var path = group.path.hasPrefix(mount.group) ? String(group.path.dropFirst(mount.group.count)) : ""
      if path.contains("..") { path = "" }
      var steps = path.split(separator: "/")
      var folders: [GroupFolder] = []
      while true {
        folders.append(GroupFolder(path: root + ([Substring(mount.folder)] + steps).joined(separator: "/")))
        guard steps.popLast() != nil else { return folders }
      }
    }
  }
}
