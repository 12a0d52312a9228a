import Cluster
import Core
import Transformer
import Yams

/// Machines that need not exist, for `plan --what-if`: a YAML list, each with a name and its figures, and links between
/// them, each with two names.
struct FleetFile: Hashable {
  struct Machine: Hashable {
    var name = ""
    var memory = ByteSize(byteCount: 0)
    /// GB/s that all its threads read together.
    var bandwidth = 0.0
    /// Gflop/s of 32-bit floats that all its threads compute together.
    var gflops = 0.0
    var count = 1
    /// Its link to any other machine.
    var network = WorkerLink.unknown
  }

  /// The link between two machines, or all of two kinds.
  struct Link: Hashable {
    let first: String
    let second: String
    let link: WorkerLink
    let line: Int?
  }

  /// What is wrong, with the line where that is known.
  struct Refusal: Error, Hashable, CustomStringConvertible {
    let line: Int?
    let reason: String
    var description: String { (line.map { "line \($0): " } ?? "") + reason }
  }

  private static let maximumByteCount = 1 << 20

  let machines: [Machine]
  let links: [Link]

  /// - Throws: `CommandFailure` that names the file and what is wrong with it.
  init(path: String) throws {
    do {
      try self.init(try InputFile.bytes(path))
    } catch let refusal as Refusal {
      throw CommandFailure(.badConfiguration, "'\(path)': \(refusal)")
    }
  }

  init(_ bytes: [UInt8]) throws(Refusal) {
    guard bytes.count <= Self.maximumByteCount, let text = String(validating: bytes, as: UTF8.self) else {
      throw Refusal(line: nil, reason: "it is not UTF-8 text of at most \(Self.maximumByteCount) bytes")
    }
    guard !PolicyText.hasAlias(bytes) else {
      throw Refusal(line: nil, reason: "it has an alias ('*name'); write the value out")
    }
    let form = "it is no YAML list of machines, each as '- name: node' with memory, bandwidth and gflops below"
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch { throw Refusal(line: nil, reason: form) }
    guard case .sequence(let list)? = root, !list.isEmpty else { throw Refusal(line: root?.mark?.line, reason: form) }
    var machines: [Machine] = []
    var links: [Link] = []
    for node in list {
      guard case .mapping(let fields) = node else { throw Refusal(line: node.mark?.line, reason: form) }
      let entry = FleetEntry(fields, line: node.mark?.line)
      if fields["between"] == nil { machines.append(try entry.machine()) } else { links.append(try entry.link()) }
    }
    let count = machines.reduce(0) { min($0, Limits.maximumWorkerCount) + $1.count }
    guard count <= Limits.maximumWorkerCount else {
      throw Refusal(line: nil, reason: "it has more than \(Limits.maximumWorkerCount) machines, the limit")
    }
    (self.machines, self.links) = (machines, links)
    try checkLinks()
  }

  private func checkLinks() throws(Refusal) {
    for link in links {
      for name in [link.first, link.second] where workers(called: name).isEmpty {
        let names = machines.map(\.name)
        let near = NearestName.of(name, among: names).map { "; did you mean \($0)?" } ?? ""
        throw Refusal(
          line: link.line,
          reason: "a link names '\(name.prefix(64))', which no machine of the list is called\(near); it has "
            + names.prefix(8).joined(separator: ", "))
      }
      guard !pairs(of: link).isEmpty else {
        throw Refusal(line: link.line, reason: "'\(link.first)' is one machine, which has no link with itself")
      }
    }
  }

  /// The machines as workers, in order.
  func resources() -> [WorkerResources] {
    machines.flatMap { machine in
      machine.workers.map { name in
        WorkerResources(
          name: name,
          offer: CPUDevice.offer(
            memoryByteCount: machine.memory.byteCount, threadCount: 1,
            speed: StageSpeed(
              prefill: machine.gflops / ReferenceThread.gigaflopsPerSecond,
              decode: machine.bandwidth / ReferenceThread.gigabytesPerSecond)))
      }
    }
  }

  /// The links between those workers.
  func workerLinks() -> WorkerLinks {
    var all = WorkerLinks()
    for machine in machines {
      for worker in machine.workers { all.own[worker] = machine.network }
    }
    for link in links {
      for (a, b) in pairs(of: link) {
        let own = all[a, b]
        all[a, b] = WorkerLink(
          bytesPerSecond: link.link.bytesPerSecond < .infinity ? link.link.bytesPerSecond : own.bytesPerSecond,
          roundTripSeconds: link.link.roundTripSeconds > 0 ? link.link.roundTripSeconds : own.roundTripSeconds)
      }
    }
    return all
  }

  /// Workers that a name of a link means: one, or all of a kind.
  private func workers(called name: String) -> [String] {
    machines.filter { $0.name == name }.flatMap(\.workers) + machines.flatMap(\.workers).filter { $0 == name }
  }

  private func pairs(of link: Link) -> [(String, String)] {
    workers(called: link.first).flatMap { a in workers(called: link.second).filter { $0 != a }.map { (a, $0) } }
  }
}

extension FleetFile.Machine {
  /// Names of its workers; several of a kind are numbered from 1.
  var workers: [String] { count == 1 ? [name] : (1...count).map { "\(name)-\($0)" } }
}
