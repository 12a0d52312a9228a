import Cluster

/// What may be wrong with a host, from what was read of it. Pure.
enum HostChecks {
  static func findings(_ host: HostReadings) -> [Finding] {
    [
      processor(host.processor), cores(host.processor), load(host.processor), governor(host.processor),
      nodes(host.processor), memory(host.memory), swap(host.memory), hugePages(host.memory),
      openFiles(host.limits), tasks(host.limits), container(host),
    ].compactMap { $0 } + disk(host.disk) + links(host.linkSizes) + host.ports.map(port)
  }

  static func processor(_ processor: HostReadings.Processor) -> Finding {
    switch processor.architecture {
    case "x86_64":
      if processor.features.isSuperset(of: ["avx512f", "avx512_vnni"]) {
        return .ok("processor", "AVX-512 with VNNI: the fastest kernels run")
      }
      guard processor.features.isSuperset(of: ["avx2", "fma"]) else {
        return .problem(
          "processor", "no AVX2: kernels in plain C run, tens of times slower",
          "use another machine, or let the virtual machine see its host's processor (-cpu host)")
      }
      return .ok("processor", "AVX2: fast kernels run")
    case "aarch64": return .ok("processor", "NEON: fast kernels run")
    default:
      return .warning(
        "processor", "\(processor.architecture): kernels in plain C run", "use a machine of x86-64 or ARM64")
    }
  }

  static func cores(_ processor: HostReadings.Processor) -> Finding {
    guard let quota = processor.quota, quota < Double(processor.coreCount) else {
      return .ok("cores", "\(processor.coreCount) cores")
    }
    guard quota >= 1 else {
      return .problem(
        "cores", "the control group has \(quota) of a processor: every step waits for its share",
        "raise the CPU quota to whole processors")
    }
    return .note("cores", "the control group's quota leaves \(Int(quota)) of \(processor.coreCount) cores")
  }

  static func load(_ processor: HostReadings.Processor) -> Finding? {
    guard processor.load > Double(processor.coreCount) * 0.5 else { return nil }
    return .warning(
      "load", "other programs keep \(rounded(processor.load)) of \(processor.coreCount) cores busy",
      "end them, or give workers fewer --threads: the slowest stage holds up all")
  }

  static func governor(_ processor: HostReadings.Processor) -> Finding? {
    guard processor.governor == "powersave" else { return nil }
    return .warning(
      "governor", "the processor saves power at the cost of speed", "cpupower frequency-set -g performance")
  }

  static func nodes(_ processor: HostReadings.Processor) -> Finding? {
    guard processor.nodeCount > 1 else { return nil }
    return .note("numa", "\(processor.nodeCount) NUMA nodes", "run a worker a node, or pass --numa")
  }

  static func memory(_ memory: HostReadings.Memory) -> Finding {
    let free = min(memory.availableByteCount, memory.groupLimitByteCount ?? .max)
    let wanted = memory.wantedByteCount ?? 0
    if let limit = memory.groupLimitByteCount, wanted > limit {
      return .problem(
        "memory", "--memory \(ByteText.of(wanted)) is more than the control group's limit, \(ByteText.of(limit))",
        "lower --memory, or raise the limit")
    }
    guard wanted <= free else {
      return .problem(
        "memory", "--memory \(ByteText.of(wanted)) is more than what is free, \(ByteText.of(free))",
        "lower --memory, or end other programs")
    }
    guard free >= 512 << 20 else {
      return .problem(
        "memory", "\(ByteText.of(free)) are free", "end other programs, or use a machine with more memory")
    }
    return .ok("memory", "\(ByteText.of(free)) free of \(ByteText.of(memory.totalByteCount))")
  }

  static func swap(_ memory: HostReadings.Memory) -> Finding {
    guard memory.swapUsedByteCount > 0 else { return .ok("swap", "none in use") }
    return .warning(
      "swap", "\(ByteText.of(memory.swapUsedByteCount)) of swap in use: a worker that is swapped out stands still",
      "free memory, then swapoff -a; or MemorySwapMax=0 for the worker")
  }

  static func hugePages(_ memory: HostReadings.Memory) -> Finding? {
    guard let mode = memory.hugePages else { return nil }
    guard mode == "never" else { return .ok("huge pages", mode) }
    return .warning(
      "huge pages", "turned off: one thread reads weights a third slower",
      "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled")
  }

  static func openFiles(_ limits: HostReadings.Limits) -> Finding {
    let needed = ProcessNeeds.localCluster(workerCount: 1, threadCount: 1).descriptorCount
    guard limits.descriptorCount >= needed else {
      return .problem(
        "open files", "the limit is \(limits.descriptorCount), and \(needed) are needed",
        "ulimit -n 65536, or LimitNOFILE=65536 in the unit")
    }
    guard limits.descriptorCount >= 4096 else {
      return .warning(
        "open files", "the limit is \(limits.descriptorCount): few clients can connect at once",
        "ulimit -n 65536, or LimitNOFILE=65536 in the unit")
    }
    return .ok("open files", "up to \(limits.descriptorCount)")
  }

  static func tasks(_ limits: HostReadings.Limits) -> Finding? {
    guard let count = limits.taskCount, count < 256 else { return nil }
    return .problem(
      "threads", "\(count) processes and threads may run", "raise ulimit -u, TasksMax= or the container's pids limit")
  }

  static func container(_ host: HostReadings) -> Finding? {
    host.container.map { .note("container", "this is a container (\($0)): its limits count, not the machine's") }
  }

  static func disk(_ disk: HostReadings.Disk?) -> [Finding] {
    guard let disk else { return [] }
    if let failure = disk.failure {
      return [.problem("disk", "\(disk.folder) cannot be written: \(failure)", "pass another --weights-cache")]
    }
    var findings: [Finding] = []
    if disk.freeByteCount < 1 << 30 || disk.freeByteCount < disk.totalByteCount / 50 {
      findings.append(
        .problem(
          "disk", "\(ByteText.of(disk.freeByteCount)) are free in \(disk.folder)",
          "longhaul cache clear, or pass --weights-cache with a folder on another disk"))
    } else {
      findings.append(.ok("disk", "\(ByteText.of(disk.freeByteCount)) free in \(disk.folder)"))
    }
    if let speed = disk.writtenBytesPerSecond, speed < 30e6 {
      findings.append(
        .warning(
          "disk speed", "\(Int(speed / 1e6)) MB/s written to \(disk.folder): fetched weights take long",
          "pass --weights-cache with a folder on a local disk"))
    }
    return findings
  }

  static func links(_ links: [(name: String, byteCount: Int)]) -> [Finding] {
    links.filter { $0.byteCount < 1280 }.map {
      .problem(
        "mtu", "\($0.name) carries packets of \($0.byteCount) bytes", "ip link set \($0.name) mtu 1500, on every host")
    }
  }

  static func port(_ port: HostReadings.Port) -> Finding {
    guard let failure = port.failure else { return .ok("port", "\(port.option) \(port.address) can be opened") }
    return .problem(
      "port", "\(port.option) \(port.address) cannot be opened: \(failure)",
      "end the program that has it, or choose another port")
  }

  private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
