import Fixtures
import Testing

@testable import Transport

@Suite("Which peer's connection broke")
struct ConnectionTests {
  private let a = PeerID([1])
  private let b = PeerID([2])

  @Test("a router learns the peer whose connection broke, on every transport", arguments: ["ipc", "tcp"])
  func brokenPeer(scheme: String) throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let events = Mailbox<PeerEvent>()
    let heard = Mailbox<PeerID?>()
    let router = try loop.open(
      SocketSpecification(
        kind: .router, role: .bind(scheme == "ipc" ? ipc() : Endpoint("tcp://127.0.0.1:0"))),
      onMessage: { _, peer in heard.put(peer) }, onPeerEvent: { events.put($0) })
    let endpoint = try #require(loop.boundEndpoint(of: router))
    let dealers = try (0..<3).map { _ in
      try loop.open(SocketSpecification(kind: .dealer, role: .connect(endpoint))) { _, _ in }
    }
    var peers: [PeerID] = []
    for dealer in dealers {
      try loop.send(Message([1]), on: dealer)
      peers.append(try #require(heard.next() ?? nil))
      #expect(events.next() == .connected)
    }
    for index in [1, 0, 2] {
      loop.close(dealers[index])
      #expect(events.next() == .disconnected(peers[index]))
    }
  }

  @Test("strangers beyond the limit are cut, also those who speak the protocol; connected peers are not disturbed")
  func limited() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let asked = Mailbox<Received>()
    let events = Mailbox<PeerEvent>()
    var specification = SocketSpecification(kind: .router, role: .bind(try anyPort()))
    specification.maximumConnectionCount = 4
    let router = try loop.open(
      specification, onMessage: { asked.put(Received(message: $0, peer: $1)) }, onPeerEvent: { events.put($0) })
    let endpoint = try #require(loop.boundEndpoint(of: router))
    guard case .tcp(_, let port) = endpoint.address else { throw WrongError(nil) }
    let answered = Mailbox<Received>()
    let dealer = try loop.open(SocketSpecification(kind: .dealer, role: .connect(endpoint)), into: answered)
    func exchange(_ word: String) throws {
      try loop.send(Message(Array(word.utf8)), on: dealer)
      let question = try #require(asked.next())
      #expect(question.bytes == [Array(word.utf8)])
      try loop.send(question.message, on: router, to: question.peer)
      #expect(try #require(answered.next()).bytes == [Array(word.utf8)])
    }
    try exchange("before")
    var strangers = try (0..<200).map { index in
      try #require(RawConnection(port: port, saying: PeerWords.opening(as: "DEALER")))
    }
    for round in 0..<20 { try exchange("meanwhile \(round)") }
    let deadline = ContinuousClock.now + .seconds(20)
    while strangers.count > 3, ContinuousClock.now < deadline { strangers.removeAll { $0.isClosedByPeer() } }
    #expect(strangers.count == 3)
    var isTold = false
    while !isTold, let event = events.next() { isTold = event == .turnedAway }
    #expect(isTold)
    // Where they have gone, others come in.
    strangers = []
    let late = try loop.open(SocketSpecification(kind: .dealer, role: .connect(endpoint)))
    try loop.send(Message([7]), on: late)
    #expect(asked.next()?.bytes == [[7]])
    try exchange("after")
  }

  @Test(
    "a peer that does not identify itself in time is cut, with keys and without; one that has stays",
    arguments: [false, true])
  func handshakeDeadline(hasKeys: Bool) throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let (server, friend) = (try KeyPair(), try KeyPair())
    let asked = Mailbox<Received>()
    var specification = SocketSpecification(kind: .pull, role: .bind(try anyPort()))
    specification.handshakeInterval = .milliseconds(200)
    if hasKeys { specification.keys = .accepting(own: server) { $0 == friend.publicKey } }
    let pull = try loop.open(specification, into: asked)
    let endpoint = try #require(loop.boundEndpoint(of: pull))
    guard case .tcp(_, let port) = endpoint.address else { throw WrongError(nil) }
    var line = SocketSpecification(kind: .push, role: .connect(endpoint))
    if hasKeys { line.keys = .presenting(own: friend, server: server.publicKey) }
    let push = try loop.open(line)
    try loop.send(Message([1]), on: push)
    #expect(asked.next()?.bytes == [[1]])
    // Nothing, half a greeting, all of it and no more.
    let greeting = PeerWords.greeting(mechanism: hasKeys ? "CURVE" : "NULL")
    for words in [[], Array(greeting.prefix(12)), greeting] {
      let stranger = try #require(RawConnection(port: port, saying: words))
      #expect(stranger.isClosedByPeer(within: 20_000), "after \(words.count) bytes")
    }
    try loop.send(Message([2]), on: push)
    #expect(asked.next()?.bytes == [[2]])
  }

  @Test("the newest connections are closed, once each, and none that has ended by itself")
  func excess() {
    var accepted = AcceptedConnections(limit: 2)
    for descriptor: Int32 in [5, 6, 7, 8] { accepted.accepted(descriptor) }
    accepted.ended(8)
    #expect(accepted.takeExcess() == [7])
    #expect(accepted.takeExcess().isEmpty && accepted.count == 3)
    accepted.ended(5)
    accepted.ended(7)
    accepted.accepted(7)
    #expect(accepted.takeExcess().isEmpty && accepted.count == 2)
    // A number that is accepted again was freed without a word.
    accepted.accepted(7)
    #expect(accepted.takeExcess().isEmpty && accepted.count == 2)
  }

  @Test("a reused descriptor reports neither the old peer twice nor the new one early")
  func reusedDescriptor() {
    var table = ConnectionTable()
    #expect(table.ended(7) == nil)
    #expect(table.heard(a, over: 7) == nil)
    #expect(table.heard(a, over: 7) == nil)
    #expect(table.heard(b, over: 7) == a)
    #expect(table.ended(7) == nil, "that was the old one's end")
    #expect(table.ended(7) == b)
    #expect(table.ended(7) == nil)
  }
}
