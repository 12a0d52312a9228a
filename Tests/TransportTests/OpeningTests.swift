import Foundation
import Testing
import Transport

@Suite("Opening and stopping", .serialized, .timeLimit(.minutes(5)))
struct OpeningTests {
  @Test("A port in use is named together with the remedy")
  func portInUse() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let first = try loop.open(SocketSpecification(kind: .pull, role: .bind(anyPort())))
    let taken = try #require(loop.boundEndpoint(of: first))
    let error = #expect(throws: TransportError.inUse(taken)) {
      try loop.open(SocketSpecification(kind: .pull, role: .bind(taken)))
    }
    #expect(error?.description.contains("\(taken)") == true)
    #expect(error?.description.contains("choose another port") == true)
  }

  @Test("A path with a listener is not stolen, one left behind is taken over")
  func pathInUse() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let path = uniquePath()
    let endpoint = try Endpoint("ipc://\(path)")
    _ = try loop.open(SocketSpecification(kind: .pull, role: .bind(endpoint)))
    #expect(throws: TransportError.inUse(endpoint)) {
      try loop.open(SocketSpecification(kind: .pull, role: .bind(endpoint)))
    }
    let stale = uniquePath()
    defer { unlink(stale) }
    try leaveSocketFile(at: stale)
    #expect(FileManager.default.fileExists(atPath: stale))
    _ = try loop.open(SocketSpecification(kind: .pull, role: .bind(Endpoint("ipc://\(stale)"))))
  }

  @Test("A file that is not a socket is not deleted")
  func otherFile() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let path = uniquePath()
    #expect(FileManager.default.createFile(atPath: path, contents: Data("keep me".utf8)))
    defer { unlink(path) }
    #expect(throws: TransportError.self) {
      try loop.open(SocketSpecification(kind: .pull, role: .bind(Endpoint("ipc://\(path)"))))
    }
    #expect(FileManager.default.contents(atPath: path) == Data("keep me".utf8))
  }

  @Test("Only its owner can use a socket file, and it is deleted when the loop stops")
  func socketFile() throws {
    let loop = try SocketLoop(name: "test")
    let path = uniquePath()
    _ = try loop.open(SocketSpecification(kind: .pull, role: .bind(Endpoint("ipc://\(path)"))))
    var status = stat()
    #expect(lstat(path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    loop.stop()
    #expect(lstat(path, &status) != 0)
  }

  @Test(
    "What cannot be opened is refused with a message",
    arguments: [
      "ipc:///nonexistent-folder/socket", "tcp://203.0.113.7:0", "tcp://no-such-host.invalid:1",
    ])
  func cannotBind(text: String) throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    var specification = SocketSpecification(kind: .pull, role: .bind(try Endpoint(text)))
    specification.allowsInsecureRemote = true
    let error = #expect(throws: TransportError.self) { try loop.open(specification) }
    #expect(error?.description.contains(text) == true)
  }

  @Test("Binding beyond loopback must be allowed", arguments: ["tcp://0.0.0.0:0", "tcp://*:0"])
  func insecure(text: String) throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let endpoint = try Endpoint(text, allowsAnyHost: true)
    var specification = SocketSpecification(kind: .pull, role: .bind(endpoint))
    #expect(throws: TransportError.insecure(endpoint)) { try loop.open(specification) }
    specification.allowsInsecureRemote = true
    let socket = try loop.open(specification)
    #expect(loop.boundEndpoint(of: socket) != endpoint)
  }

  @Test("localhost can be bound and reached by its name")
  func localhost() throws { try exchange(at: "tcp://localhost:0") }

  @Test("IPv6 loopback can be bound and reached", .enabled("this machine has no IPv6 loopback") { hasIPv6Loopback })
  func loopbackOfIPv6() throws { try exchange(at: "tcp://[::1]:0") }

  private static let hasIPv6Loopback =
    (try? String(contentsOfFile: "/proc/net/if_inet6", encoding: .utf8))?
    .contains("00000000000000000000000000000001") == true

  /// Binds a socket there and sends it a message.
  private func exchange(at text: String) throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let received = Mailbox<Received>()
    let pull = try loop.open(SocketSpecification(kind: .pull, role: .bind(Endpoint(text))), into: received)
    let bound = try #require(loop.boundEndpoint(of: pull))
    let push = try loop.open(SocketSpecification(kind: .push, role: .connect(bound)))
    try loop.send(Message([9]), on: push)
    #expect(received.next()?.bytes == [[9]])
  }

  @Test("Connecting to an endpoint without one host and port is refused")
  func connectToWildcard() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    #expect(throws: TransportError.self) {
      try loop.open(SocketSpecification(kind: .push, role: .connect(anyPort())))
    }
  }

  @Test("Opening from a callback is refused instead of a deadlock")
  func openFromCallback() throws {
    let loop = try SocketLoop(name: "test")
    defer { loop.stop() }
    let outcome = Mailbox<TransportError?>()
    let other = try ipc()
    let pull = try loop.open(SocketSpecification(kind: .pull, role: .bind(ipc()))) { [weak loop] _, _ in
      do {
        _ = try loop?.open(SocketSpecification(kind: .pull, role: .bind(other))) { _, _ in }
        outcome.put(nil)
      } catch {
        outcome.put(error as? TransportError)
      }
    }
    let push = try loop.open(
      SocketSpecification(kind: .push, role: .connect(try #require(loop.boundEndpoint(of: pull)))))
    try loop.send(Message([1]), on: push)
    #expect(outcome.next() == .some(.onLoopThread))
  }

  @Test("Stopping sends what is queued, may be repeated, and ends sending with an error")
  func stopping() throws {
    let receiver = try SocketLoop(name: "receiver")
    defer { receiver.stop() }
    let received = Mailbox<Received>()
    let pull = try receiver.open(SocketSpecification(kind: .pull, role: .bind(ipc())), into: received)
    let sender = try SocketLoop(name: "sender")
    var specification = SocketSpecification(
      kind: .push, role: .connect(try #require(receiver.boundEndpoint(of: pull))))
    specification.linger = .seconds(20)
    let push = try sender.open(specification)
    for number in 0..<1000 { try sender.send(Message(frames: [Frame(number: UInt64(number))]), on: push) }
    sender.stop()
    sender.stop()
    let numbers = received.next(1000).compactMap(\.number)
    #expect(numbers.count == 1000)
    #expect(numbers.elementsEqual(0..<1000))
    #expect(throws: TransportError.stopped) { try sender.send(Message([1]), on: push) }
    #expect(throws: TransportError.stopped) { try sender.open(specification) }
    sender.close(push)
  }

  @Test("Stopping while other threads send neither hangs nor traps")
  func stopWhileSending() throws {
    for _ in 0..<10 {
      let loop = try SocketLoop(name: "test")
      let pull = try loop.open(SocketSpecification(kind: .pull, role: .bind(ipc())))
      var specification = SocketSpecification(
        kind: .push, role: .connect(try #require(loop.boundEndpoint(of: pull))))
      specification.linger = .milliseconds(10)
      let push = try loop.open(specification)
      DispatchQueue.concurrentPerform(iterations: 4) { thread in
        for number in 0..<300 {
          do {
            try loop.send(Message([UInt8](repeating: UInt8(thread), count: 100)), on: push)
          } catch {
            return
          }
          if thread == 0, number == 100 { loop.stop() }
        }
      }
      loop.stop()
    }
  }

  @Test("A peer that never connects delays nothing")
  func stopWithoutPeer() throws {
    let loop = try SocketLoop(name: "test")
    let drops = Mailbox<MessageDrop>()
    var specification = SocketSpecification(kind: .push, role: .connect(try ipc()))
    specification.linger = .milliseconds(20)
    let push = try loop.open(specification, onMessage: { _, _ in }, onDrop: { drops.put($0) })
    try loop.send(Message([1]), on: push)
    loop.stop()
    #expect(drops.next() == MessageDrop(reason: .closed, peer: nil))
  }
}

/// A socket file without a listener, as a killed process leaves it.
private func leaveSocketFile(at path: String) throws {
  let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
  defer { _ = close(descriptor) }
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
  let result = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
  try #require(result == 0)
}
