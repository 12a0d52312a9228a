import ArgumentParser
import Coordinator
import Core
import Credentials
import Foundation
import Transport
import WeightDistribution

/// `longhaul doctor`: what is wrong with this host, and between hosts.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Looks for what would stop or slow a cluster on this host and between hosts, and names the remedies.",
    discussion: """
      Exits with 1 when a problem was found; warnings do not count. To look between hosts, run 'longhaul doctor \
      --answer 0.0.0.0:PORT' on one of them, with a port that the cluster is to use, and 'longhaul doctor --peer \
      HOST:PORT' on the others.
      """)

  @Option(help: "Memory that a worker is to get here, for example 12GiB.")
  var memory: ByteSize?

  @OptionGroup var weights: WeightsCacheOptions

  @Option(name: .customLong("listen"), help: "HOST:PORT that this host is to listen on.")
  var ports: [String] = []

  @Option(name: .customLong("peer"), help: "HOST:PORT where 'longhaul doctor --answer' runs.")
  var peers: [String] = []

  @Option(help: "Answer other hosts at HOST:PORT until Ctrl-C, and look at nothing here.")
  var answer: String?

  @Option(help: "Address of a coordinator to reach, for example tcp://10.0.0.1:7070. Default: the one in the key file.")
  var coordinator: String?

  @Option(help: "A worker's key file, to see whether the coordinator takes it.")
  var keys: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() async throws {
    if let answer { return try serve(at: answer) }
    let findings = try findings()
    try StandardOutput.write(
      DoctorReport(host: ProcessInfo.processInfo.hostName, findings: findings), asJSON: json)
    let count = findings.filter { $0.severity == .problem }.count
    guard count == 0 else {
      throw CommandFailure(.runtime, count == 1 ? "one problem was found" : "\(count) problems were found")
    }
  }

  private func serve(at text: String) throws {
    guard let address = try HTTPAddress(option: "--answer", text) else { return }
    let listener: TCPSocket
    do {
      listener = try TCPSocket(listeningAt: address.host, port: address.port)
    } catch {
      throw CommandFailure(.unavailable, "cannot listen at \(text): \(error); choose another port")
    }
    StandardError.line("longhaul: answering at \(address.host):\(listener.localPort ?? address.port)")
    try PeerAnswerer(socket: listener).run { StandardError.line("longhaul: \($0)") }
  }

  private func findings() throws -> [Finding] {
    let addresses = try ports.map { text in
      guard let address = try HTTPAddress(option: "--listen", text) else { throw CommandFailure(.usage, "--listen") }
      return (option: "--listen", host: address.host, port: address.port)
    }
    let others = try peers.map { text in
      guard let address = try HTTPAddress(option: "--peer", text) else { throw CommandFailure(.usage, "--peer") }
      return (text, address)
    }
    let host = HostReadings.current(
      folder: weights.cache?.folder, wantedByteCount: memory?.byteCount, ports: addresses)
    var findings = HostChecks.findings(host)
    if let reading = try coordinatorReading() { findings.append(PeerChecks.coordinator(reading)) }
    for (name, address) in others {
      findings += PeerChecks.findings(
        PeerQuestioner.readings(of: name, host: address.host, port: address.port), version: BuildInfo.version,
        numerics: NumericsID.current)
    }
    return findings
  }

  private func coordinatorReading() throws -> CoordinatorReading? {
    let file = try keys.map { try KeyFile(path: $0) }
    guard let endpoint = try coordinator.map({ try Endpoint($0) }) ?? file?.coordinator else { return nil }
    func reading(_ outcome: CoordinatorReading.Outcome) -> CoordinatorReading {
      CoordinatorReading(endpoint: endpoint.description, hasKeys: file != nil, outcome: outcome)
    }
    if case .tcp(let host, let port) = endpoint.address {
      do { _ = try TCPSocket(host: host, port: port, seconds: 5) } catch { return reading(.unreachable("\(error)")) }
    }
    var socketKeys = SocketKeys.none
    if let file {
      guard let server = file.coordinatorKey else {
        throw CommandFailure(.badConfiguration, "'\(keys ?? "")' is a coordinator's key file; pass a worker's")
      }
      socketKeys = .presenting(own: file.pair, server: server)
    }
    // Without keys nothing is sent that a stranger could use.
    switch try AdminClient.contact(coordinator: endpoint, keys: socketKeys, allowsInsecureRemote: true, seconds: 4) {
    case .connected: return reading(.connected)
    case .refused: return reading(.keyRefused)
    case .silent: return reading(.noHandshake)
    }
  }
}
