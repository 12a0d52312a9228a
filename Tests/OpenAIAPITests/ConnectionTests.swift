import Fixtures
import Core
import Synchronization
import TestTraits
import Testing

@testable import OpenAIAPI

@Suite("Too many connections", .timeLimit(.minutes(5)))
struct ConnectionTests {
  @Test("the connection idle for longest is closed for a new one; busy connections stay")
  func roster() {
    var roster = ConnectionRoster(limit: 3)
    let (a, b, c) = (roster.open().0, roster.open().0, roster.open().0)
    roster.begin(a)
    let (d, verdict) = roster.open()
    #expect(verdict == .acceptedReplacing(b) && roster.count == 3)
    // What is to be closed changes nothing any more.
    roster.begin(b)
    roster.end(b)
    roster.close(b)
    #expect(roster.count == 3)
    roster.begin(c)
    roster.begin(d)
    #expect(roster.open().1 == .rejected && roster.count == 3)
    roster.begin(d)
    roster.end(d)
    #expect(roster.open().1 == .rejected, "its second request is not answered yet")
    roster.end(d)
    roster.end(a)
    #expect(roster.open().1 == .acceptedReplacing(d))
    roster.close(c)
    roster.close(a)
    #expect(roster.count == 1)
  }

  @Test("among hundreds of silent or slow connections, a client is served at once, and few stay open")
  func idleFlood() async throws {
    let engine = CannedEngine.answering("fine")
    var settings = APISettings()
    settings.maximumConnectionCount = 20
    try await engine.server(settings).whileServing { port in
      let strangers = (0..<300).compactMap { index -> RawConnection? in
        let socket = RawConnection(port: port)
        if index % 2 == 0 { socket?.send("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{") }
        return socket
      }
      #expect(strangers.count == 300)
      for _ in 0..<5 {
        let reply = await OwnThread.run { RawConnection(port: port)?.exchange(Self.request(tokens: 3)) }
        #expect(reply?.hasPrefix("HTTP/1.1 200") == true)
      }
      let deadline = ContinuousClock.now + .seconds(20)
      var open = strangers
      while open.count > 20, ContinuousClock.now < deadline {
        open = open.filter { !$0.isClosedByPeer(within: 0) }
        try await Task.sleep(for: .milliseconds(5))
      }
      #expect(open.count <= 20)
    }
  }

  @Test("while all connections are busy a new one is closed, and they continue")
  func allBusy() async throws {
    let gate = Gate()
    let engine = CannedEngine { request, events in
      events.yield(.admitted(try CannedEngine.choice(request)))
      gate.wait {
        events.yield(CannedEngine.tokenEvent(ByteVocabulary.tokens(of: "x")[0], request))
        events.yield(.finished(.length, GenerationTimings()))
        events.finish()
      }
    }
    var settings = APISettings()
    settings.maximumConnectionCount = 3
    try await engine.server(settings).whileServing { port in
      var busy: [RawConnection] = []
      while busy.count < 3 {
        busy.append(try #require(RawConnection(port: port)))
        busy.last?.send(Self.request(tokens: 1))
        while engine.requests.count < busy.count { try await Task.sleep(for: .milliseconds(5)) }
      }
      let newcomer = try #require(RawConnection(port: port))
      #expect(await OwnThread.run { newcomer.isClosedByPeer(within: 20_000) })
      gate.open()
      for socket in busy {
        #expect(await OwnThread.run { socket.firstLine() } == "HTTP/1.1 200 OK")
      }
      // They rest now, or soon: the end of an answer follows its first line. So there is room for others.
      var reply: String?
      while reply?.hasPrefix("HTTP/1.1 200") != true {
        reply = await OwnThread.run { RawConnection(port: port)?.exchange(Self.request(tokens: 1)) }
      }
    }
  }

  @Test("a client that stops reading is disconnected, and its generation is canceled")
  func stalled() async throws {
    let engine = CannedEngine { request, events in
      events.yield(.admitted(try CannedEngine.choice(request)))
      let token = ByteVocabulary.tokens(of: "x")[0]
      // More than sockets hold.
      for _ in 0..<60_000 { events.yield(CannedEngine.tokenEvent(token, request)) }
    }
    var settings = APISettings()
    settings.writeTimeout = .milliseconds(200)
    try await engine.server(settings).whileServing { port in
      let socket = try #require(RawConnection(port: port, receiveBuffer: 4096))
      socket.send(Self.request(tokens: 100, more: ", \"stream\": true"))
      #expect(await engine.nextEndIsCancellation() == true)
    }
  }

  @Test("a client that sends no more gets what is ready, and its generation is canceled")
  func halfClosed() async throws {
    let engine = CannedEngine { request, events in events.yield(.admitted(try CannedEngine.choice(request))) }
    try await engine.server().whileServing { port in
      let ready = await OwnThread.run {
        let socket = RawConnection(port: port)
        socket?.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        socket?.endSending()
        return String(decoding: socket?.receive() ?? [], as: UTF8.self)
      }
      #expect(ready.hasPrefix("HTTP/1.1 200"))
      let socket = try #require(RawConnection(port: port))
      socket.send(Self.request(tokens: 3))
      socket.endSending()
      #expect(await engine.nextEndIsCancellation() == true)
    }
  }

  @Test("clients that leave while their requests arrive leave no generation behind")
  func leaveAtOnce() async throws {
    let engine = CannedEngine { request, events in events.yield(.admitted(try CannedEngine.choice(request))) }
    try await engine.server().whileServing { port in
      for _ in 0..<50 { RawConnection(port: port)?.send(Self.request(tokens: 3)) }
      for _ in 0..<50 { #expect(await engine.nextEndIsCancellation() == true) }
      #expect(engine.requests.count == 50)
    }
  }

  private static func request(tokens: Int, more: String = "") -> String {
    let body = "{\"prompt\": \"a\", \"max_tokens\": \(tokens)\(more)}"
    return "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }
}

/// Lets what waits run, all at once and from then on.
private final class Gate: Sendable {
  private let state = Mutex((isOpen: false, waiting: [@Sendable () -> Void]()))

  func wait(_ action: @escaping @Sendable () -> Void) {
    let isOpen = state.withLock { state in
      if !state.isOpen { state.waiting.append(action) }
      return state.isOpen
    }
    if isOpen { action() }
  }

  func open() {
    let waiting = state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for action in waiting { action() }
  }
}

extension RawConnection {
  /// Sends and gives what comes first.
  fileprivate func exchange(_ request: String) -> String {
    send(request)
    return String(decoding: receive(), as: UTF8.self)
  }

  fileprivate func firstLine() -> String { String(exchange("").prefix { $0 != "\r\n" && $0 != "\r" }) }
}
