import Cluster
import Core
import Transformer
import Yams

/// Machines that need not exist, for `plan --what-if`: a YAML list, each with a name and its figures.
struct FleetFile: Hashable {
  struct Machine: Hashable {
    var name = ""
    var memory = ByteSize(byteCount: 0)
    /// GB/s that all its threads read together.
    var bandwidth = 0.0
    /// Gflop/s of 32-bit floats that all its threads compute together.
    var gflops = 0.0
    var count = 1
  }

  /// What is wrong, with the line where that is known.
  struct Refusal: Error, Hashable, CustomStringConvertible {
    let line: Int?
    let reason: String
    var description: String { (line.map { "line \($0): " } ?? "") + reason }
  }

  private static let maximumByteCount = 1 << 20
  private static let keys = ["name", "memory", "bandwidth", "gflops", "count"]
  private static let rates = 0.001...1e9

  let machines: [Machine]

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
    for node in list {
      guard case .mapping(let fields) = node else { throw Refusal(line: node.mark?.line, reason: form) }
      machines.append(try Self.machine(fields, line: node.mark?.line))
    }
    let count = machines.reduce(0) { min($0, Limits.maximumWorkerCount) + $1.count }
    guard count <= Limits.maximumWorkerCount else {
      throw Refusal(line: nil, reason: "it has more than \(Limits.maximumWorkerCount) machines, the limit")
    }
    self.machines = machines
  }

  private static func machine(_ fields: Node.Mapping, line: Int?) throws(Refusal) -> Machine {
    var machine = Machine()
    var given: Set<String> = []
    for (key, value) in fields {
      let line = key.mark?.line
      let (name, text) = (key.scalar?.string ?? "", value.scalar?.string ?? "")
      func refuse(_ wanted: String) -> Refusal {
        Refusal(line: line, reason: "\(name) is '\(text.prefix(40))'; it must be \(wanted)")
      }
      func rate() throws(Refusal) -> Double {
        guard let rate = Double(text), rates.contains(rate) else { throw refuse("a number from 0.001 to 1e9") }
        return rate
      }
      switch name {
      case "name":
        guard !text.isEmpty, text.utf8.count <= 64 else { throw refuse("a text of at most 64 bytes") }
        machine.name = text
      case "memory":
        guard let size = ByteSize(argument: text) else { throw refuse("a size such as 64GiB") }
        machine.memory = size
      case "bandwidth": machine.bandwidth = try rate()
      case "gflops": machine.gflops = try rate()
      case "count":
        guard let count = Int(text), (1...Limits.maximumWorkerCount).contains(count) else {
          throw refuse("a whole number from 1 to \(Limits.maximumWorkerCount)")
        }
        machine.count = count
      default:
        let near = NearestName.of(name, among: keys).map { "; did you mean \($0)?" } ?? ""
        throw Refusal(line: line, reason: "unknown key '\(name.prefix(64))'\(near)")
      }
      given.insert(name)
    }
    if let missing = keys.first(where: { $0 != "count" && !given.contains($0) }) {
      throw Refusal(line: line, reason: "the machine has no \(missing)")
    }
    return machine
  }

  /// The machines as workers, in order; several of a kind are numbered from 1.
  func resources() -> [WorkerResources] {
    machines.flatMap { machine in
      (1...machine.count).map { number in
        WorkerResources(
          name: machine.count == 1 ? machine.name : "\(machine.name)-\(number)",
          offer: CPUDevice.offer(
            memoryByteCount: machine.memory.byteCount, threadCount: 1,
            speed: StageSpeed(
              prefill: machine.gflops / ReferenceThread.gigaflopsPerSecond,
              decode: machine.bandwidth / ReferenceThread.gigabytesPerSecond)))
      }
    }
  }
}
