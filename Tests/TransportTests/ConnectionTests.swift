import Testing

@testable import Transport

@Suite("Which peer's connection broke")
struct ConnectionTests {
  private let a = PeerID([1])
  private let b = PeerID([2])

  @Test("a router is told the peer whose connection broke, on every transport", arguments: ["ipc", "tcp"])
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

  @Test("a number given to the next connection names neither the old peer twice nor the new one early")
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
