import Fixtures
import Foundation
import Testing
import Transport

@Suite("Keys", .serialized, .timeLimit(.minutes(5)))
struct KeyTests {
  private let server: KeyPair
  private let friend: KeyPair
  private let stranger: KeyPair

  init() throws {
    (server, friend, stranger) = (try KeyPair(), try KeyPair(), try KeyPair())
  }

  /// A socket that only `friend` may use, and what it gets.
  private func intake(
    _ loop: SocketLoop, _ kind: SocketSpecification.Kind = .pull, refusal: SocketKeys.Refusal = .final,
    gate: AllowedKeys? = nil, onDrop: (@Sendable (MessageDrop) -> Void)? = nil
  ) throws -> (Endpoint, Mailbox<Received>, AllowedKeys) {
    let gate = gate ?? AllowedKeys()
    gate.admitOnly([friend.publicKey])
    var specification = SocketSpecification(kind: kind, role: .bind(try anyPort()))
    specification.keys = .accepting(own: server, refusal: refusal) { gate.admits($0) }
    let received = Mailbox<Received>()
    let socket = try loop.open(
      specification, onMessage: { received.put(Received(message: $0, peer: $1)) }, onDrop: onDrop)
    return (try #require(loop.boundEndpoint(of: socket)), received, gate)
  }

  private func link(
    _ loop: SocketLoop, _ endpoint: Endpoint, _ keys: SocketKeys
  ) throws -> (SocketID, Mailbox<PeerEvent>) {
    var specification = SocketSpecification(kind: .push, role: .connect(endpoint))
    specification.keys = keys
    let events = Mailbox<PeerEvent>()
    return (try loop.open(specification, onMessage: { _, _ in }, onPeerEvent: { events.put($0) }), events)
  }

  @Test("an admitted peer is heard, and each message has its sender's key", arguments: [false, true])
  func admitted(isRouter: Bool) throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let (endpoint, received, _) = try intake(loop, isRouter ? .router : .pull)
    var specification = SocketSpecification(kind: isRouter ? .dealer : .push, role: .connect(endpoint))
    specification.keys = .presenting(own: friend, server: server.publicKey)
    let line = try loop.open(specification)
    let big = [UInt8](repeating: 7, count: 500_000)
    for round in 0..<3 { try loop.send(Message(frames: [Frame([UInt8(round)]), Frame(big)]), on: line) }
    for (round, message) in received.next(3).enumerated() {
      #expect(message.bytes == [[UInt8(round)], big])
      #expect(message.message.sender == friend.publicKey)
    }
  }

  @Test("no keys, a strange key, the wrong server's key, and a key that is not admitted: nothing is delivered")
  func refused() throws {
    let loop = try SocketLoop(name: "test")
    let outside = try SocketLoop(name: "outside")
    defer {
      outside.stop()
      loop.stop()
    }
    let (endpoint, received, _) = try intake(loop)
    let attempts: [SocketKeys] = [
      .none, .presenting(own: stranger, server: server.publicKey),
      .presenting(own: friend, server: stranger.publicKey), .presenting(own: server, server: server.publicKey),
    ]
    for keys in attempts {
      let (line, events) = try link(outside, endpoint, keys)
      try outside.send(Message([1]), on: line)
      // What the library tells of a failed handshake differs by mechanism; it never tells of a connection.
      #expect(events.next() != .connected)
    }
    // An honest peer after them is heard first, so the others were not.
    let (line, _) = try link(loop, endpoint, .presenting(own: friend, server: server.publicKey))
    try loop.send(Message([2]), on: line)
    #expect(received.next()?.bytes == [[2]])
    #expect(received.count == 0)
  }

  @Test("peers that speak the protocol by hand with NULL, PLAIN or its oldest versions deliver nothing")
  func rawPeers() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let (endpoint, received, _) = try intake(loop)
    guard case .tcp(_, let port) = endpoint.address else { throw WrongError(nil) }
    let message: [UInt8] = [0, 3, 7, 7, 7]
    let peers: [[UInt8]] = [
      PeerWords.opening(as: "PUSH") + message,
      PeerWords.greeting(mechanism: "PLAIN")
        + PeerWords.command("HELLO", [4] + Array("user".utf8) + [4] + Array("word".utf8))
        + PeerWords.command("INITIATE", PeerWords.socketType("PUSH")) + message,
      // CURVE in name, then as if the handshake were over.
      PeerWords.greeting(mechanism: "CURVE") + PeerWords.command("READY", PeerWords.socketType("PUSH")) + message,
      // Versions 1 and 2 know no mechanisms.
      [1, 0, 4, 0, 7, 7, 7],
      [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 1, 8, 0, 0] + message,
    ]
    for peer in peers { _ = try #require(RawConnection(port: port, saying: peer)) }
    let (line, _) = try link(loop, endpoint, .presenting(own: friend, server: server.publicKey))
    try loop.send(Message([2]), on: line)
    #expect(received.next()?.bytes == [[2]])
    #expect(received.count == 0)
  }

  @Test("a peer refused for good learns so, one refused for now gets in once it is admitted")
  func refusals() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let (final, _, _) = try intake(loop, refusal: .final)
    let (_, events) = try link(loop, final, .presenting(own: stranger, server: server.publicKey))
    #expect(events.next() == .refused)

    let (patient, received, gate) = try intake(loop, refusal: .forNow)
    let (line, tries) = try link(loop, patient, .presenting(own: stranger, server: server.publicKey))
    try loop.send(Message([3]), on: line)
    #expect(tries.next() != .connected)
    gate.admitOnly([stranger.publicKey])
    #expect(received.next()?.message.sender == stranger.publicKey)
  }

  @Test("a peer that is no longer admitted is no longer heard, although its connection stands")
  func revoked() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let drops = Mailbox<MessageDrop>()
    let (endpoint, received, gate) = try intake(loop) { drops.put($0) }
    let (line, _) = try link(loop, endpoint, .presenting(own: friend, server: server.publicKey))
    try loop.send(Message([1]), on: line)
    #expect(received.next()?.bytes == [[1]])
    gate.admitOnly([])
    try loop.send(Message([2]), on: line)
    #expect(drops.next()?.reason == .notAdmitted)
    #expect(received.count == 0)
  }

  @Test("with keys a socket may be bound beyond loopback; without them it may be neither bound nor connected there")
  func exposure() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let everywhere = try Endpoint("tcp://0.0.0.0:0")
    let elsewhere = try Endpoint("tcp://192.0.2.1:7070")
    #expect(throws: TransportError.insecure(everywhere)) {
      try loop.open(SocketSpecification(kind: .pull, role: .bind(everywhere)))
    }
    #expect(throws: TransportError.insecure(elsewhere)) {
      try loop.open(SocketSpecification(kind: .push, role: .connect(elsewhere)))
    }
    var specification = SocketSpecification(kind: .pull, role: .bind(everywhere))
    specification.keys = .accepting(own: server) { _ in false }
    _ = try loop.open(specification)
  }

  @Test("keys are written and read back; other text is refused, and a secret does not show")
  func texts() throws {
    let text = friend.secretText
    #expect(try KeyPair(secretText: text) == friend)
    #expect(PublicKey(friend.publicKey.description) == friend.publicKey)
    for bad in ["", "00", text + "00", String(text.dropLast()) + "g", String(repeating: "é", count: 32)] {
      #expect(try KeyPair(secretText: bad) == nil)
      #expect(PublicKey(bad) == nil)
    }
    var shown = "\(friend) \(String(reflecting: friend))"
    dump(friend, to: &shown)
    #expect(!shown.contains(text))
  }
}
