import Fixtures
import Foundation
import Testing
import Transport

@Suite("Hostile peers", .serialized, .timeLimit(.minutes(5)))
struct HostilePeerTests {
  @Test("A message over the limit disconnects its sender; the loop and other peers continue")
  func oversize() throws {
    let victim = try SocketLoop(name: "victim")
    defer { victim.stop() }
    let received = Mailbox<Received>()
    var specification = SocketSpecification(kind: .pull, role: .bind(try anyPort()))
    specification.maximumMessageByteCount = 1000
    let pull = try victim.open(specification, into: received)
    let endpoint = try #require(victim.boundEndpoint(of: pull))
    let attacker = try SocketLoop(name: "attacker")
    defer { attacker.stop() }
    let events = Mailbox<PeerEvent>()
    let push = try attacker.open(
      SocketSpecification(kind: .push, role: .connect(endpoint)), onMessage: { _, _ in },
      onPeerEvent: { events.put($0) })
    #expect(events.next() == .connected)
    try attacker.send(Message([UInt8](repeating: 1, count: 100_000)), on: push)
    #expect(events.next() == .disconnected(nil))

    let honest = try victim.open(SocketSpecification(kind: .push, role: .connect(endpoint)))
    try victim.send(Message([2]), on: honest)
    #expect(received.next()?.bytes == [[2]])
    #expect(received.count == 0)
  }

  @Test("A peer that announces more than the limit is cut off at the announcement, however much it is")
  func announced() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let received = Mailbox<Received>()
    var specification = SocketSpecification(kind: .pull, role: .bind(try anyPort()))
    specification.maximumMessageByteCount = 1000
    let pull = try loop.open(specification, into: received)
    let endpoint = try #require(loop.boundEndpoint(of: pull))
    guard case .tcp(_, let port) = endpoint.address else { throw WrongError(nil) }
    // Around every power of two, where sums, signs and widths go wrong.
    for power in 10...63 {
      let round = UInt64(1) << UInt64(power)
      for count in [round - 1, round, round + 1] {
        let size = withUnsafeBytes(of: count.bigEndian) { Array($0) }
        let words = PeerWords.opening(as: "PUSH") + [2] + size + [1, 2, 3]
        let peer = try #require(RawConnection(port: port, saying: words))
        #expect(peer.isClosedByPeer(within: 20_000), "\(count) bytes announced")
      }
    }
    let honest = try loop.open(SocketSpecification(kind: .push, role: .connect(endpoint)))
    try loop.send(Message([2]), on: honest)
    #expect(received.next()?.bytes == [[2]])
    #expect(received.count == 0)
  }

  @Test("A message of too many frames, or too many bytes in all, is dropped whole and reported")
  func tooManyFrames() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let received = Mailbox<Received>()
    let drops = Mailbox<MessageDrop>()
    var specification = SocketSpecification(kind: .pull, role: .bind(try ipc()))
    specification.maximumFrameCount = 2
    specification.maximumMessageByteCount = 100
    let pull = try loop.open(
      specification, onMessage: { received.put(Received(message: $0, peer: $1)) }, onDrop: { drops.put($0) })
    let push = try loop.open(
      SocketSpecification(kind: .push, role: .connect(try #require(loop.boundEndpoint(of: pull)))))
    try loop.send(Message(frames: [Frame([1]), Frame([2]), Frame([3])]), on: push)
    try loop.send(
      Message(frames: [Frame([UInt8](repeating: 1, count: 80)), Frame([UInt8](repeating: 2, count: 80))]), on: push)
    try loop.send(Message(frames: [Frame([4]), Frame([5])]), on: push)
    #expect(received.next()?.bytes == [[4], [5]])
    #expect(drops.next(2).map(\.reason) == [.tooLong, .tooLong])
  }

  @Test("Garbage at a port does not affect the messages of other peers")
  func garbage() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let asked = Mailbox<Received>()
    let router = try loop.open(SocketSpecification(kind: .router, role: .bind(anyPort())), into: asked)
    let endpoint = try #require(loop.boundEndpoint(of: router))
    guard case .tcp(_, let port) = endpoint.address else { throw WrongError(nil) }
    let answered = Mailbox<Received>()
    let dealer = try loop.open(SocketSpecification(kind: .dealer, role: .connect(endpoint)), into: answered)

    var random = SystemRandomNumberGenerator()
    // The greeting of a ZMTP 3 peer with the NULL mechanism, so that some garbage gets past it.
    let greeting = PeerWords.greeting()
    for round in 0..<60 {
      let noise = (0..<Int.random(in: 1...400)).map { _ in UInt8.random(in: 0...255, using: &random) }
      // It hangs up at once, as a client at the wrong port would.
      _ = try #require(RawConnection(port: port, saying: round % 3 == 0 ? greeting + noise : noise))
      let word = Array("honest message \(round)".utf8)
      try loop.send(Message(word), on: dealer)
      // Noise may pass for a message of ZMTP 1, which has no greeting; what is in it is the receiver's to refuse.
      var question = try #require(asked.next())
      while question.bytes != [word] { question = try #require(asked.next()) }
      try loop.send(question.message, on: router, to: question.peer)
      #expect(try #require(answered.next()).bytes == [word])
    }
  }
}
