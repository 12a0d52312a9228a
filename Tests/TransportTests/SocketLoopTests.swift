import Foundation
import Synchronization
import Testing
import Transport

@Suite("Socket loop", .serialized, .timeLimit(.minutes(5)))
struct SocketLoopTests {
  @Test("Messages of several frames cross unchanged, over ipc, tcp and inproc", arguments: ["ipc", "tcp", "inproc"])
  func multipart(scheme: String) throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let endpoint = try scheme == "ipc" ? ipc() : scheme == "tcp" ? anyPort() : Endpoint("inproc://multipart")
    let received = Mailbox<Received>()
    let pull = try loop.open(SocketSpecification(kind: .pull, role: .bind(endpoint)), into: received)
    let bound = try #require(loop.boundEndpoint(of: pull))
    let push = try loop.open(SocketSpecification(kind: .push, role: .connect(bound)))
    let frames: [[UInt8]] = [[1, 2, 3], [], (0..<200).map { $0 }]
    try loop.send(Message(frames: frames.map { Frame($0) }), on: push)
    #expect(try #require(received.next()).bytes == frames)
  }

  @Test("A router answers the dealer that asked")
  func requestAndAnswer() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let asked = Mailbox<Received>()
    let router = try loop.open(SocketSpecification(kind: .router, role: .bind(ipc())), into: asked)
    let endpoint = try #require(loop.boundEndpoint(of: router))
    let answers = [Mailbox<Received>(), Mailbox<Received>()]
    for (index, mailbox) in answers.enumerated() {
      let dealer = try loop.open(SocketSpecification(kind: .dealer, role: .connect(endpoint)), into: mailbox)
      try loop.send(Message([UInt8(index)]), on: dealer)
    }
    for question in asked.next(2) {
      try loop.send(question.message, on: router, to: question.peer)
    }
    for (index, mailbox) in answers.enumerated() {
      #expect(try #require(mailbox.next()).bytes == [[UInt8(index)]])
    }
  }

  @Test("Frames of 8 MiB arrive whole, lent rather than copied")
  func bigFrames() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let received = Mailbox<Received>()
    var specification = SocketSpecification(kind: .pull, role: .bind(try anyPort()))
    specification.maximumMessageByteCount = 16 << 20
    let pull = try loop.open(specification, into: received)
    specification.kind = .push
    specification.role = .connect(try #require(loop.boundEndpoint(of: pull)))
    let push = try loop.open(specification)
    let byteCount = 8 << 20
    for round in 0..<4 {
      let frame = Frame(byteCount: byteCount) { bytes in
        let words = bytes.bindMemory(to: UInt32.self)
        for index in words.indices { words[index] = UInt32(truncatingIfNeeded: index &* 2_654_435_761 &+ round) }
      }
      try loop.send(Message(frames: [Frame([UInt8(round)]), frame]), on: push)
      let message = try #require(received.next()).message
      #expect(message.frames.count == 2 && message.frames[1].count == byteCount)
      #expect(frame.hasSameBytes(as: message.frames[1]))
    }
  }

  @Test("Ten thousand small messages arrive once and in order")
  func order() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let received = Mailbox<Received>()
    let pull = try loop.open(SocketSpecification(kind: .pull, role: .bind(ipc())), into: received)
    let push = try loop.open(
      SocketSpecification(kind: .push, role: .connect(try #require(loop.boundEndpoint(of: pull)))))
    for number in 0..<10_000 { try loop.send(Message(frames: [Frame(number: UInt64(number))]), on: push) }
    #expect(received.next(10_000).compactMap(\.number) == (0..<10_000).map { UInt64($0) })
    #expect(received.count == 0)
  }

  @Test("Many threads send at once; each one's messages stay in order")
  func manyThreads() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let received = Mailbox<Received>()
    let pull = try loop.open(SocketSpecification(kind: .pull, role: .bind(ipc())), into: received)
    let push = try loop.open(
      SocketSpecification(kind: .push, role: .connect(try #require(loop.boundEndpoint(of: pull)))))
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for number in 0..<500 {
        try? loop.send(Message(frames: [Frame(number: UInt64(thread) << 32 | UInt64(number))]), on: push)
      }
    }
    let numbers = received.next(4000).compactMap(\.number)
    #expect(numbers.count == 4000)
    for thread in 0..<8 {
      #expect(numbers.filter { $0 >> 32 == thread }.map { $0 & 0xFFFF_FFFF } == (0..<500).map { UInt64($0) })
    }
  }

  @Test("Messages for a peer are limited in bytes, and delivered when the peer connects")
  func queueLimit() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let endpoint = try ipc()
    var specification = SocketSpecification(kind: .push, role: .connect(endpoint))
    specification.maximumQueuedByteCount = 10_000
    let push = try loop.open(specification)
    var accepted = 0
    let error = #expect(throws: TransportError.self) {
      while true {
        try loop.send(Message([UInt8](repeating: 7, count: 1000)), on: push)
        accepted += 1
      }
    }
    guard case .queueFull(_, let limit)? = error else { throw WrongError(error) }
    #expect(limit == 10_000 && accepted > 0 && accepted < 10)
    let received = Mailbox<Received>()
    _ = try loop.open(SocketSpecification(kind: .pull, role: .bind(endpoint)), into: received)
    #expect(received.next(accepted).count == accepted)
  }

  @Test("A message for an absent peer is dropped and reported")
  func unroutable() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let drops = Mailbox<MessageDrop>()
    let router = try loop.open(
      SocketSpecification(kind: .router, role: .bind(ipc())), onMessage: { _, _ in }, onDrop: { drops.put($0) })
    try loop.send(Message([1]), on: router, to: PeerID([1, 2, 3]))
    #expect(drops.next() == MessageDrop(reason: .unroutable, peer: PeerID([1, 2, 3])))
  }

  @Test("A connecting socket learns when its connection is made and lost")
  func peerEvents() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let router = try loop.open(SocketSpecification(kind: .router, role: .bind(ipc())))
    let events = Mailbox<PeerEvent>()
    let endpoint = try #require(loop.boundEndpoint(of: router))
    _ = try loop.open(
      SocketSpecification(kind: .dealer, role: .connect(endpoint)), onMessage: { _, _ in },
      onPeerEvent: { events.put($0) })
    #expect(events.next() == .connected)
    loop.close(router)
    #expect(events.next() == .disconnected(nil))
  }

  @Test("Sending checks the peer, the frames and the size before anything is queued")
  func sendChecks() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let router = try loop.open(SocketSpecification(kind: .router, role: .bind(ipc())))
    let pull = try loop.open(SocketSpecification(kind: .pull, role: .bind(ipc())))
    let push = try loop.open(SocketSpecification(kind: .push, role: .bind(ipc())))
    #expect(throws: TransportError.wrongAddressing) { try loop.send(Message([1]), on: router) }
    #expect(throws: TransportError.wrongAddressing) { try loop.send(Message([1]), on: pull) }
    #expect(throws: TransportError.wrongAddressing) { try loop.send(Message([1]), on: push, to: PeerID([1])) }
    #expect(throws: TransportError.self) { try loop.send(Message(frames: []), on: push) }
    #expect(throws: TransportError.self) {
      try loop.send(Message(frames: (0..<5).map { Frame([$0]) }), on: push)
    }
    #expect(throws: TransportError.self) { try loop.send(Message([UInt8](repeating: 0, count: 2 << 20)), on: push) }
    loop.close(push)
    #expect(throws: TransportError.noSuchSocket) { try loop.send(Message([1]), on: push) }
    #expect(loop.boundEndpoint(of: push) == nil)
  }
}

struct WrongError: Error {
  let error: (any Error)?
  init(_ error: (any Error)?) { self.error = error }
}
