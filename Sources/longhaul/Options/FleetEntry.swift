import Cluster
import Core
import Yams

/// One entry of a fleet file: a machine, or a link between two.
struct FleetEntry {
  private static let machineKeys = ["name", "memory", "bandwidth", "gflops", "count", "network", "round_trip"]
  private static let optional: Set = ["count", "network", "round_trip"]
  private static let linkKeys = ["between", "network", "round_trip"]
  private static let rates = 0.001...1e9

  private let fields: Node.Mapping
  private let line: Int?

  init(_ fields: Node.Mapping, line: Int?) { (self.fields, self.line) = (fields, line) }

  func machine() throws(FleetFile.Refusal) -> FleetFile.Machine {
    var machine = FleetFile.Machine()
    var given: Set<String> = []
    for (key, value) in fields {
      let field = Field(key, value)
      switch field.name {
      case "name":
        guard !field.text.isEmpty, field.text.utf8.count <= 64 else {
          throw field.refusal("a text of at most 64 bytes")
        }
        machine.name = field.text
      case "memory":
        guard let size = ByteSize(argument: field.text) else { throw field.refusal("a size such as 64GiB") }
        machine.memory = size
      case "bandwidth": machine.bandwidth = try field.rate()
      case "gflops": machine.gflops = try field.rate()
      case "count":
        guard let count = Int(field.text), (1...Limits.maximumWorkerCount).contains(count) else {
          throw field.refusal("a whole number from 1 to \(Limits.maximumWorkerCount)")
        }
        machine.count = count
      default: try field.read(into: &machine.network, known: Self.machineKeys)
      }
      given.insert(field.name)
    }
    if let missing = Self.machineKeys.first(where: { !Self.optional.contains($0) && !given.contains($0) }) {
      throw FleetFile.Refusal(line: line, reason: "the machine has no \(missing)")
    }
    return machine
  }

  func link() throws(FleetFile.Refusal) -> FleetFile.Link {
    var (link, names) = (WorkerLink.unknown, [String]())
    for (key, value) in fields {
      let field = Field(key, value)
      guard field.name == "between" else {
        try field.read(into: &link, known: Self.linkKeys)
        continue
      }
      names = value.sequence?.compactMap { $0.scalar?.string } ?? []
      guard names.count == 2, value.sequence?.count == 2 else {
        throw FleetFile.Refusal(line: field.line, reason: "between must be two names, such as [big, old]")
      }
    }
    guard link != .unknown, names.count == 2 else {
      throw FleetFile.Refusal(line: line, reason: "the link has neither network (Mbit/s) nor round_trip (ms)")
    }
    return FleetFile.Link(first: names[0], second: names[1], link: link, line: line)
  }

  private struct Field {
    let name: String
    let text: String
    let line: Int?

    init(_ key: Node, _ value: Node) {
      (name, text) = (key.scalar?.string ?? "", value.scalar?.string ?? "")
      line = key.mark?.line
    }

    func refusal(_ wanted: String) -> FleetFile.Refusal {
      FleetFile.Refusal(line: line, reason: "\(name) is '\(text.prefix(40))'; it must be \(wanted)")
    }

    func rate() throws(FleetFile.Refusal) -> Double {
      guard let rate = Double(text), rates.contains(rate) else { throw refusal("a number from 0.001 to 1e9") }
      return rate
    }

    /// A figure of a link.
    func read(into link: inout WorkerLink, known: [String]) throws(FleetFile.Refusal) {
      switch name {
      case "network": link.bytesPerSecond = try rate() * 1e6 / 8
      case "round_trip": link.roundTripSeconds = try rate() / 1000
      default:
        let near = NearestName.of(name, among: known).map { "; did you mean \($0)?" } ?? ""
        throw FleetFile.Refusal(line: line, reason: "unknown key '\(name.prefix(64))'\(near)")
      }
    }
  }
}
