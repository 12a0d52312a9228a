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

  @Test("version 2: what is used counts without page cache, and the tightest group on the way up decides")
  func versionTwo() throws {
    let job = "sys/fs/cgroup/user.slice/job"
    let read = try groups(
      Self.second.merging([
        "\(job)/memory.max": "max\n", "\(job)/memory.high": "6000\n", "\(job)/memory.current": "3000\n",
        "\(job)/memory.stat": "anon 1000\ninactive_file 1500\nactive_file 300\n", "\(job)/cpu.max": "max 100000\n",
        "\(job)/pids.max": "100\n", "\(job)/pids.current": "40\n",
        "sys/fs/cgroup/user.slice/memory.max": "5000\n", "sys/fs/cgroup/user.slice/memory.current": "4000\n",
        "sys/fs/cgroup/user.slice/memory.stat": "inactive_file 100\n",
        "sys/fs/cgroup/user.slice/cpu.max": "150000 100000\n", "sys/fs/cgroup/user.slice/pids.max": "max\n",
      ]) { $1 })
    #expect(read.memoryByteCount == 1100 && read.processorCount == 1.5 && read.taskCount == 60)
  }

  @Test("version 1: each controller has a hierarchy, and a huge number or -1 is no limit")
  func versionOne() throws {
    let files = [
      "sys/fs/cgroup/memory/docker/ab/memory.limit_in_bytes": "8000\n",
      "sys/fs/cgroup/memory/docker/ab/memory.usage_in_bytes": "7000\n",
      "sys/fs/cgroup/memory/docker/ab/memory.stat": "active_file 1\ntotal_active_file 500\ntotal_inactive_file 1500\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "sys/fs/cgroup/memory/memory.usage_in_bytes": "100\n",
      "sys/fs/cgroup/cpu,cpuacct/docker/ab/cpu.cfs_quota_us": "-1\n",
      "sys/fs/cgroup/cpu,cpuacct/docker/ab/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/pids/docker/ab/pids.max": "14\n", "sys/fs/cgroup/pids/docker/ab/pids.current": "20\n",
    ]
    let read = try groups(Self.first.merging(files) { $1 })
    #expect(read.memoryByteCount == 3000 && read.processorCount == 0.5 && read.taskCount == 0)
  }

  @Test("in a container the mount shows the process's own group, whatever the group's path says")
  func namespaces() throws {
    for path in ["/", "/docker/ab", "/../../elsewhere"] {
      let read = try groups([
        "proc/self/cgroup": "0::\(path)\n",
        "proc/self/mountinfo": "31 23 0:28 /docker/ab /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
        "sys/fs/cgroup/memory.max": "700\n", "sys/fs/cgroup/memory.current": "200\n",
      ])
      #expect(read.memoryByteCount == 500, "\(path)")
    }
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
