/// What `doctor` reads of its host, as values: tests plant faults in them.
struct HostReadings {
  struct Memory {
    var totalByteCount = 0
    var availableByteCount = 0
    var swapUsedByteCount = 0
    /// Of the tightest control group; nil without one.
    var groupLimitByteCount: Int?
    /// `--memory`; nil where it was not given.
    var wantedByteCount: Int?
    /// As the kernel's file has it: always, madvise or never; nil where there is none.
    var hugePages: String?
  }

  struct Processor {
    /// As uname says: x86_64, aarch64.
    var architecture = ""
    /// As /proc/cpuinfo has them.
    var features: Set<String> = []
    var coreCount = 1
    /// Whole processors of a control group's quota; nil without one.
    var quota: Double?
    var nodeCount = 1
    /// Of processor 0; nil where the kernel does not say.
    var governor: String?
    /// Running processes, averaged over a minute.
    var load = 0.0
  }

  struct Disk {
    var folder = ""
    var freeByteCount = 0
    var totalByteCount = 0
    /// Of a file that was written and flushed; nil where it could not be.
    var writtenBytesPerSecond: Double?
    /// Why nothing could be written.
    var failure: String?
  }

  struct Limits {
    /// Open files that a process may raise its limit to.
    var descriptorCount = 0
    /// Processes and threads of the user; nil without a limit.
    var taskCount: Int?
  }

  /// An address that this host is to listen on.
  struct Port {
    let option: String
    let address: String
    /// The system's reason; nil where it could be opened.
    let failure: String?
  }

  var memory = Memory()
  var processor = Processor()
  var disk: Disk?
  var limits = Limits()
  /// Names of containers, by their signs.
  var container: String?
  /// Interfaces that are up, without loopback.
  var linkSizes: [(name: String, byteCount: Int)] = []
  var ports: [Port] = []
}
