import Fixtures
import Foundation
import Testing

@testable import longhaul

@Suite("Limits of control groups")
struct ControlGroupsTests {
  /// A root folder with these files.
  private func groups(_ files: [String: String]) throws -> ControlGroups {
    let folder = try ScratchFolder()
    for (path, text) in files {
      let url = folder.url.appendingPathComponent(path)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    return ControlGroups(root: folder.url.path)
  }

  private static let second = [
    "proc/self/cgroup": "0::/user.slice/job\n",
    "proc/self/mountinfo": "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n",
  ]
  private static let first = [
    "proc/self/cgroup": "9:memory:/docker/ab\n8:pids:/docker/ab\n7:cpu,cpuacct:/docker/ab\n0::/\n",
    "proc/self/mountinfo": """
    32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
    33 31 0:30 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
    34 31 0:31 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids

    """,
  ]

  /// What the files of a machine say, and what is read of them.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var files: [String: String]
    var limit: Int?
    var memory: Int?
    var processors: Double?
    var tasks: Int?
  }

  private static let job = "sys/fs/cgroup/user.slice/job"
  private static let slice = "sys/fs/cgroup/user.slice"
  private static let docker = "sys/fs/cgroup/memory/docker/ab"

  static let secondVersion: [Case] = [
    Case(
      testDescription: "what is used counts without page cache, and the tightest group on the way up decides",
      files: [
        "\(job)/memory.max": "max\n", "\(job)/memory.high": "6000\n", "\(job)/memory.current": "3000\n",
        "\(job)/memory.stat": "anon 1000\ninactive_file 1500\nactive_file 300\n", "\(job)/cpu.max": "max 100000\n",
        "\(job)/pids.max": "100\n", "\(job)/pids.current": "40\n",
        "\(slice)/memory.max": "5000\n", "\(slice)/memory.current": "4000\n",
        "\(slice)/memory.stat": "inactive_file 100\n", "\(slice)/cpu.max": "150000 100000\n",
        "\(slice)/pids.max": "max\n",
      ], limit: 5000, memory: 1100, processors: 1.5, tasks: 60),
    Case(
      testDescription: "a limit above which only reclaim begins counts as one",
      files: ["\(job)/memory.high": "6000\n", "\(job)/memory.current": "1000\n"], limit: 6000, memory: 5000),
    Case(
      testDescription: "a group that uses more than its limit has nothing left",
      files: ["\(job)/memory.max": "6000\n", "\(job)/memory.current": "7000\n"], limit: 6000, memory: 0),
    Case(
      testDescription: "page cache beyond what is used is all of it",
      files: [
        "\(job)/memory.max": "6000\n", "\(job)/memory.current": "1000\n", "\(job)/memory.stat": "inactive_file 9000\n",
      ], limit: 6000, memory: 6000),
    Case(
      testDescription: "less than one processor", files: ["\(job)/cpu.max": "20000 100000\n"], processors: 0.2),
    Case(
      testDescription: "the outermost group's tasks",
      files: ["\(job)/pids.max": "max\n", "\(slice)/pids.max": "14\n", "\(slice)/pids.current": "14\n"], tasks: 0),
  ]

  static let firstVersion: [Case] = [
    Case(
      testDescription: "each controller has a hierarchy, and a huge number or -1 is no limit",
      files: [
        "\(docker)/memory.limit_in_bytes": "8000\n", "\(docker)/memory.usage_in_bytes": "7000\n",
        "\(docker)/memory.stat": "active_file 1\ntotal_active_file 500\ntotal_inactive_file 1500\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "sys/fs/cgroup/memory/memory.usage_in_bytes": "100\n",
        "sys/fs/cgroup/cpu,cpuacct/docker/ab/cpu.cfs_quota_us": "-1\n",
        "sys/fs/cgroup/cpu,cpuacct/docker/ab/cpu.cfs_period_us": "100000\n",
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        "sys/fs/cgroup/pids/docker/ab/pids.max": "14\n", "sys/fs/cgroup/pids/docker/ab/pids.current": "20\n",
      ], limit: 8000, memory: 3000, processors: 0.5, tasks: 0),
    Case(
      testDescription: "the limit of the machine's root group",
      files: [
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "700\n", "sys/fs/cgroup/memory/memory.usage_in_bytes": "100\n",
      ], limit: 700, memory: 600),
    Case(
      testDescription: "a quota of several processors",
      files: [
        "sys/fs/cgroup/cpu,cpuacct/docker/ab/cpu.cfs_quota_us": "250000\n",
        "sys/fs/cgroup/cpu,cpuacct/docker/ab/cpu.cfs_period_us": "100000\n",
      ], processors: 2.5),
  ]

  private func expect(_ read: ControlGroups, _ wanted: Case) {
    #expect(read.memoryLimitByteCount == wanted.limit)
    #expect(read.memoryByteCount == wanted.memory)
    #expect(read.processorCount == wanted.processors && read.taskCount == wanted.tasks)
  }

  @Test("the limits of version 2 are read", arguments: secondVersion)
  func versionTwo(wanted: Case) throws {
    expect(try groups(Self.second.merging(wanted.files) { $1 }), wanted)
  }

  @Test("the limits of version 1 are read", arguments: firstVersion)
  func versionOne(wanted: Case) throws {
    expect(try groups(Self.first.merging(wanted.files) { $1 }), wanted)
  }

  @Test(
    "in a container the mount shows the process's own group, whatever the group's path says",
    arguments: ["/", "/docker/ab", "/../../elsewhere"])
  func namespaces(path: String) throws {
    let read = try groups([
      "proc/self/cgroup": "0::\(path)\n",
      "proc/self/mountinfo": "31 23 0:28 /docker/ab /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
      "sys/fs/cgroup/memory.max": "700\n", "sys/fs/cgroup/memory.current": "200\n",
    ])
    #expect(read.memoryByteCount == 500)
  }

  @Test("memory above the limit is refused with both numbers, for all workers together; what fits is not")
  func limit() throws {
    let read = try groups(
      Self.second.merging([
        "sys/fs/cgroup/memory.max": "\(1 << 30)\n", "sys/fs/cgroup/memory.current": "0\n",
      ]) { $1 })
    try ByteSize(byteCount: 1 << 30).requireWithinLimit(groups: read)
    try ByteSize(byteCount: 1 << 50).requireWithinLimit(groups: try groups([:]))
    let one = #expect(throws: CommandFailure.self) {
      try ByteSize(byteCount: 2 << 30).requireWithinLimit(groups: read)
    }
    #expect(one?.description.contains("--memory 2.0 GiB is more than the control group") == true)
    #expect(one?.description.contains("1.0 GiB") == true)
    let four = #expect(throws: CommandFailure.self) {
      try ByteSize(byteCount: 1 << 29).requireWithinLimit(workerCount: 4, groups: read)
    }
    #expect(four?.description.contains("for each of 4 workers") == true)
  }

  @Test(
    "nothing, or nonsense, is no limit",
    arguments: [
      [:], ["proc/self/cgroup": "nonsense\n", "proc/self/mountinfo": "a b - cgroup2\n- cgroup2 x\n"],
      second, first,
      second.merging(["sys/fs/cgroup/memory.max": "12", "sys/fs/cgroup/cpu.max": "x", "sys/fs/cgroup/pids.max": ""]) {
        $1
      },
      second.merging(["sys/fs/cgroup/cpu.max": "100000 0", "sys/fs/cgroup/memory.current": "5"]) { $1 },
    ])
  func none(files: [String: String]) throws {
    #expect(try groups(files) == groups([:]))
    #expect(try groups(files).memoryByteCount == nil)
  }
}
