import Core
import Foundation

extension HostReadings {
  /// Reads the files of the system, and writes a file for a moment.
  /// - Parameters:
  ///   - folder: of the weights cache; nil looks at no disk.
  ///   - ports: TCP addresses to be listened on, by option.
  static func current(
    folder: String?, wantedByteCount: Int?, ports: [(option: String, host: String, port: UInt16)]
  ) -> HostReadings {
    var host = HostReadings()
    let groups = ControlGroups()
    host.memory = memory(groups, wantedByteCount: wantedByteCount)
    host.processor = processor(groups)
    host.disk = folder.map { disk($0) }
    host.limits = Limits(descriptorCount: OpenFiles.limit, taskCount: taskLimit(groups))
    host.container = container()
    host.linkSizes = linkSizes()
    host.ports = ports.map { option, name, port in
      Port(option: option, address: "\(name):\(port)", failure: TCPSocket.listenFailure(host: name, port: port))
    }
    return host
  }

  private static func lines(_ path: String) -> [Substring] {
    (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n") ?? []
  }

  private static func memory(_ groups: ControlGroups, wantedByteCount: Int?) -> Memory {
    var bytes: [Substring: Int] = [:]
    for line in lines("/proc/meminfo") {
      let words = line.split(separator: " ")
      if words.count >= 2, let kibibytes = Int(words[1]) { bytes[words[0].dropLast()] = kibibytes * 1024 }
    }
    let huge = lines("/sys/kernel/mm/transparent_hugepage/enabled").first?.firstMatch(of: /\[(\w+)\]/)
    return Memory(
      totalByteCount: bytes["MemTotal"] ?? 0, availableByteCount: Host.availableMemoryByteCount,
      swapUsedByteCount: max(0, (bytes["SwapTotal"] ?? 0) - (bytes["SwapFree"] ?? 0)),
      groupLimitByteCount: groups.memoryLimitByteCount, wantedByteCount: wantedByteCount,
      hugePages: huge.map { String($0.1) })
  }

  private static func processor(_ groups: ControlGroups) -> Processor {
    var name = utsname()
    uname(&name)
    let machine = withUnsafeBytes(of: &name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let features = lines("/proc/cpuinfo").first { $0.hasPrefix("flags") || $0.hasPrefix("Features") }
    let nodes = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/devices/system/node")) ?? []
    let load = lines("/proc/loadavg").first?.split(separator: " ").first.flatMap { Double($0) }
    return Processor(
      architecture: machine,
      features: Set((features?.split(separator: ":").last ?? "").split(separator: " ").map(String.init)),
      coreCount: ProcessInfo.processInfo.activeProcessorCount, quota: groups.processorCount,
      nodeCount: max(1, nodes.filter { $0.wholeMatch(of: /node\d+/) != nil }.count),
      governor: lines("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").first.map(String.init),
      load: load ?? 0)
  }

  /// Writes 64 MiB where weights would go, or in the nearest folder above it that is there.
  private static func disk(_ wanted: String) -> Disk {
    var folder = wanted
    while !FileManager.default.fileExists(atPath: folder), folder.count > 1 {
      folder = URL(fileURLWithPath: folder).deletingLastPathComponent().path
    }
    var disk = Disk(folder: folder)
    var space = statvfs()
    guard statvfs(folder, &space) == 0 else {
      disk.failure = String(cString: strerror(errno))
      return disk
    }
    disk.freeByteCount = Int(clamping: UInt64(space.f_bavail) &* UInt64(space.f_frsize))
    disk.totalByteCount = Int(clamping: UInt64(space.f_blocks) &* UInt64(space.f_frsize))
    // A full disk is not filled further.
    guard disk.freeByteCount > 1 << 30 else { return disk }
    var template = Array("\(folder)/.longhaul-doctor-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else {
      disk.failure = String(cString: strerror(errno))
      return disk
    }
    defer { close(descriptor) }
    unlink(template)
    let part = [UInt8](repeating: 1, count: 1 << 20)
    let started = ContinuousClock.now
    for _ in 0..<64 where write(descriptor, part, part.count) != part.count {
      disk.failure = String(cString: strerror(errno))
      return disk
    }
    fsync(descriptor)
    disk.writtenBytesPerSecond = Double(64 << 20) / max(1e-6, (ContinuousClock.now - started).inSeconds)
    return disk
  }

  private static func taskLimit(_ groups: ControlGroups) -> Int? {
    var limit = rlimit()
    let isKnown = getrlimit(__rlimit_resource_t(__RLIMIT_NPROC.rawValue), &limit) == 0
    let own = isKnown && limit.rlim_cur < 1 << 40 ? Int(clamping: limit.rlim_cur) : nil
    // The superuser's processes are not counted against the user's limit.
    return [geteuid() == 0 ? nil : own, groups.taskCount].compactMap { $0 }.min()
  }

  private static func container() -> String? {
    let files = [("/.dockerenv", "docker"), ("/run/.containerenv", "podman")]
    if ProcessInfo.processInfo.environment["KUBERNETES_SERVICE_HOST"] != nil { return "kubernetes" }
    return files.first { FileManager.default.fileExists(atPath: $0.0) }?.1
      ?? ProcessInfo.processInfo.environment["container"]
  }

  private static func linkSizes() -> [(name: String, byteCount: Int)] {
    let folder = "/sys/class/net"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().filter { $0 != "lo" && lines("\(folder)/\($0)/operstate").first != "down" }.compactMap {
      name in
      lines("\(folder)/\(name)/mtu").first.flatMap { Int($0) }.map { (name, $0) }
    }
  }
}
