import Core
import Foundation
import Testing

@testable import longhaul

@Suite("What doctor finds between hosts")
struct PeerChecksTests {
  private static let sound: PeerReadings = {
    var peer = PeerReadings(peer: "b:7")
    peer.facts = .init(version: "1", numerics: "n", time: 0)
    (peer.clockSkew, peer.roundTrip, peer.bytesPerSecond, peer.packetByteCount) = (0.1, 0.0003, 4e8, 1500)
    return peer
  }()

  private func found(_ plant: (inout PeerReadings) -> Void) -> [Finding] {
    var peer = Self.sound
    plant(&peer)
    return PeerChecks.findings(peer, version: "1", numerics: "n").filter { $0.severity != .ok }
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    let check: String
    let severity: Finding.Severity
    let plant: @Sendable (inout PeerReadings) -> Void
    init(_ check: String, _ severity: Finding.Severity, _ plant: @escaping @Sendable (inout PeerReadings) -> Void) {
      (self.check, self.severity, self.plant) = (check, severity, plant)
    }
    var testDescription: String { "\(check), \(severity)" }
  }

  @Test(
    "each planted fault is found alone, with a remedy",
    arguments: [
      Fault("peer", .problem) { $0.failure = "Connection refused" },
      Fault("version", .problem) { $0.facts = .init(version: "2", numerics: "n", time: 0) },
      Fault("numerics", .problem) { $0.facts = .init(version: "1", numerics: "m", time: 0) },
      Fault("clock", .warning) { $0.clockSkew = -5 },
      Fault("clock", .problem) { $0.clockSkew = 3600 },
      Fault("ports", .problem) { $0.returnFailure = "no answer in time" },
      Fault("mtu", .problem) { $0.bulkFailure = "no answer in time" },
      Fault("mtu", .problem) { $0.packetByteCount = 576 },
      Fault("round trip", .warning) { $0.roundTrip = 0.08 },
      Fault("throughput", .warning) { $0.bytesPerSecond = 12e6 },
      Fault("throughput", .problem) { $0.bytesPerSecond = 1e6 },
    ])
  func faults(fault: Fault) {
    let findings = found(fault.plant)
    #expect(findings.map(\.check) == [fault.check] && findings.map(\.severity) == [fault.severity], "\(findings)")
    #expect(findings.allSatisfy { $0.remedy?.isEmpty == false })
  }

  @Test("nothing where nothing is wrong")
  func sound() { #expect(found { _ in } == []) }

  @Test("a key that is not taken, a closed port and a silent one have remedies of their own")
  func coordinator() {
    func finding(_ outcome: CoordinatorReading.Outcome, hasKeys: Bool = true) -> Finding {
      PeerChecks.coordinator(.init(endpoint: "tcp://a:1", hasKeys: hasKeys, outcome: outcome))
    }
    #expect(finding(.connected).severity == .ok)
    #expect(finding(.keyRefused).remedy?.contains("--allow") == true)
    #expect(finding(.unreachable("refused")).check == "coordinator")
    #expect(finding(.noHandshake).remedy != finding(.noHandshake, hasKeys: false).remedy)
  }

  @Test("two ends measure each other over a real connection, and the way back is tried")
  func measured() throws {
    let listener = try TCPSocket(listeningAt: "127.0.0.1", port: 0)
    let port = try #require(listener.localPort)
    let answerer = Thread { try? PeerAnswerer(socket: listener).run { _ in } }
    answerer.start()
    let readings = PeerQuestioner.readings(of: "b", host: "127.0.0.1", port: port)
    #expect(readings.failure == nil && readings.facts?.version == BuildInfo.version)
    #expect(readings.returnFailure == nil && readings.bulkFailure == nil)
    #expect((readings.bytesPerSecond ?? 0) > 0 && (readings.roundTrip ?? 0) > 0)
    #expect(abs(readings.clockSkew ?? 9) < 2)
    #expect(PeerChecks.findings(readings, version: BuildInfo.version, numerics: NumericsID.current).count == 6)
  }

  @Test("a port that nothing has, and one that speaks something else, are named", arguments: [true, false])
  func strangers(listens: Bool) throws {
    let listener = try TCPSocket(listeningAt: "127.0.0.1", port: 0)
    let port = try #require(listener.localPort)
    if listens {
      Thread {
        let connection = try? listener.accept(seconds: 5)
        try? connection?.send(Array("SSH-2.0-x\n".utf8))
        _ = try? connection?.receive(100)
      }.start()
    }
    let readings = PeerQuestioner.readings(
      of: "b", host: "127.0.0.1", port: listens ? port : UInt16(9))
    #expect(readings.failure != nil)
  }

  @Test(
    "requests are read as they are written, and others refused",
    arguments: ["", "facts x", "echo", "echo 0", "echo -1", "echo 67108865", "connect 0", "connect 70000", "get x"])
  func requests(line: String) {
    #expect(PeerRequest(line) == nil)
    for request in [PeerRequest.facts, .echo(9), .connect(80)] { #expect(PeerRequest(request.line) == request) }
  }
}
