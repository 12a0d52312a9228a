import Foundation
import Testing

@testable import longhaul

@Suite("What doctor finds on a host")
struct HostChecksTests {
  /// A host without a fault.
  static let sound: HostReadings = {
    var host = HostReadings()
    host.memory = .init(totalByteCount: 32 << 30, availableByteCount: 24 << 30, hugePages: "madvise")
    host.processor = .init(architecture: "x86_64", features: ["avx2", "fma"], coreCount: 8)
    host.disk = .init(folder: "/cache", freeByteCount: 100 << 30, totalByteCount: 200 << 30, writtenBytesPerSecond: 5e8)
    host.limits = .init(descriptorCount: 65536)
    host.linkSizes = [("eth0", 1500)]
    host.ports = [.init(option: "--listen", address: "0.0.0.0:7070", failure: nil)]
    return host
  }()

  private func found(_ plant: (inout HostReadings) -> Void) -> [Finding] {
    var host = Self.sound
    plant(&host)
    return HostChecks.findings(host).filter { $0.severity != .ok }
  }

  @Test("nothing where nothing is wrong")
  func sound() {
    #expect(found { _ in } == [])
    #expect(HostChecks.findings(Self.sound).count > 6)
  }

  @Test(
    "each planted fault is found alone, with a remedy",
    arguments: [
      Fault("processor", .problem) { $0.processor.features = ["sse4_2"] },
      Fault("processor", .warning) { $0.processor.architecture = "riscv64" },
      Fault("cores", .problem) { $0.processor.quota = 0.5 },
      Fault("load", .warning) { $0.processor.load = 7 },
      Fault("governor", .warning) { $0.processor.governor = "powersave" },
      Fault("memory", .problem) { $0.memory.wantedByteCount = 30 << 30 },
      Fault("memory", .problem) { $0.memory.availableByteCount = 100 << 20 },
      Fault("swap", .warning) { $0.memory.swapUsedByteCount = 1 << 30 },
      Fault("huge pages", .warning) { $0.memory.hugePages = "never" },
      Fault("open files", .problem) { $0.limits.descriptorCount = 64 },
      Fault("open files", .warning) { $0.limits.descriptorCount = 1024 },
      Fault("threads", .problem) { $0.limits.taskCount = 20 },
      Fault("disk", .problem) { $0.disk?.freeByteCount = 10 << 20 },
      Fault("disk", .problem) { $0.disk?.failure = "Read-only file system" },
      Fault("disk speed", .warning) { $0.disk?.writtenBytesPerSecond = 1e6 },
      Fault("mtu", .problem) { $0.linkSizes = [("eth0", 576)] },
      Fault("port", .problem) { $0.ports = [.init(option: "--listen", address: "x:1", failure: "in use")] },
    ])
  func faults(fault: Fault) {
    let findings = found(fault.plant)
    #expect(findings.map(\.check) == [fault.check] && findings.map(\.severity) == [fault.severity], "\(findings)")
    #expect(findings.allSatisfy { $0.remedy?.isEmpty == false })
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    let check: String
    let severity: Finding.Severity
    let plant: @Sendable (inout HostReadings) -> Void
    init(_ check: String, _ severity: Finding.Severity, _ plant: @escaping @Sendable (inout HostReadings) -> Void) {
      (self.check, self.severity, self.plant) = (check, severity, plant)
    }
    var testDescription: String { "\(check), \(severity)" }
  }

  @Test("a control group's limit is named before what is free; containers, quotas and nodes are notes")
  func notes() {
    let limited = found { host in
      (host.memory.groupLimitByteCount, host.memory.wantedByteCount) = (2 << 30, 3 << 30)
    }
    #expect(limited.map(\.finding) == ["--memory 3.0 GiB is more than the control group's limit, 2.0 GiB"])
    let notes = found { host in
      (host.container, host.processor.quota, host.processor.nodeCount) = ("docker", 2, 2)
    }
    #expect(notes.count == 3 && notes.allSatisfy { $0.severity == .note })
  }

  @Test("this machine can be read, and the folder is left as it was")
  func thisMachine() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lh-doctor-\(UUID().uuidString)").path
    let host = HostReadings.current(folder: folder, wantedByteCount: nil, ports: [("--listen", "127.0.0.1", 0)])
    #expect(host.memory.totalByteCount > 0 && host.processor.coreCount > 0 && host.limits.descriptorCount > 0)
    #expect(host.ports[0].failure == nil && !host.processor.architecture.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: folder))
  }
}
