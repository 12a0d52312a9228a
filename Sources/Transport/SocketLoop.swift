import CZeroMQ
import Dispatch
import Glibc

/// One thread that owns ZeroMQ sockets and moves opaque messages for all other threads. A process has one.
///
/// All methods may be called from any thread. Callbacks run on the loop's thread and must be short. Releasing the last
/// reference stops the loop without waiting for it; call `stop()` to wait for its end.
package final class SocketLoop: Sendable {
  private let inbox: LoopInbox

  /// Starts the thread.
  /// - Parameter name: shown for the thread by debuggers; 15 bytes of it are kept.
  /// - Throws: `TransportError` when libzmq is too old or the process is out of resources.
  package init(name: String) throws {
    var version: (Int32, Int32, Int32) = (0, 0, 0)
    zmq_version(&version.0, &version.1, &version.2)
    guard version >= (4, 3, 4) else {
      throw TransportError.library(version: "\(version.0).\(version.1).\(version.2)")
    }
    guard zmq_has("curve") == 1 else { throw TransportError.noKeys }
    let inbox = try LoopInbox()
    guard let context = zmq_ctx_new() else { throw TransportError.resources("a ZeroMQ context") }
    let handshakes: ZAPHandler
    do throws(TransportError) {
      handshakes = try ZAPHandler(context: context)
    } catch {
      zmq_ctx_term(context)
      throw error
    }
    // From here on the new thread owns the socket of the handshakes.
    let start = Unmanaged.passRetained(
      ThreadStart(inbox: inbox, context: context, handshakes: handshakes, name: name))
    inbox.finished.enter()
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, start.toOpaque())
    guard result == 0 else {
      start.release()
      inbox.finished.leave()
      handshakes.close()
      zmq_ctx_term(context)
      throw TransportError.resources("a thread for sockets")
    }
    pthread_detach(thread)
    self.inbox = inbox
  }

  deinit {
    inbox.requestStop()
  }

  /// Opens a socket; returns once it is bound, or connecting. Not from a callback.
  ///
  /// - Parameters:
  ///   - onMessage: receives each message, with the peer on router sockets.
  ///   - onDrop: receives each message that was not delivered.
  ///   - onPeerEvent: receives each connection that was made, lost or refused.
  /// - Throws: `TransportError`, naming the endpoint and the remedy.
  package func open(
    _ specification: SocketSpecification, onMessage: @escaping @Sendable (Message, PeerID?) -> Void,
    onDrop: (@Sendable (MessageDrop) -> Void)? = nil, onPeerEvent: (@Sendable (PeerEvent) -> Void)? = nil
  ) throws -> SocketID {
    let handlers = SocketHandlers(onMessage: onMessage, onDrop: onDrop, onPeerEvent: onPeerEvent)
    let reply = OpenReply()
    let id = try inbox.requestOpen(specification, handlers, reply)
    try reply.wait()
    return id
  }

  /// The endpoint of an open socket, with the port that the system chose for port 0; nil once it is closed.
  package func boundEndpoint(of id: SocketID) -> Endpoint? {
    inbox.boundEndpoint(of: id)
  }

  /// Queues a message; never waits. Messages of one thread to one peer arrive in order.
  ///
  /// - Parameter peer: on router sockets, and only there.
  /// - Throws: `TransportError` when the socket is closed, the message does not fit it, or its queue is full. `onDrop`
  ///   reports later failures.
  package func send(_ message: Message, on id: SocketID, to peer: PeerID? = nil) throws {
    try inbox.requestSend(message, on: id, to: peer)
  }

  /// Bytes that wait for a peer, with a fixed cost for each message.
  package func queuedByteCount(on id: SocketID) -> Int {
    inbox.queuedByteCount(on: id)
  }

  /// Closes a socket: no callback runs after it returns, except when called from a callback. libzmq still sends its
  /// messages within the socket's linger; messages that wait for a peer are dropped.
  package func close(_ id: SocketID) {
    guard !inbox.isOnLoopThread else {
      _ = inbox.requestClose(id, nil)
      return
    }
    let done = DispatchSemaphore(value: 0)
    if inbox.requestClose(id, done) { done.wait() }
  }

  /// Sends what the sockets' linger allows, closes them all and waits for the thread. May be called again. From a
  /// callback it does not wait.
  package func stop() {
    inbox.requestStop()
    guard !inbox.isOnLoopThread else { return }
    inbox.finished.wait()
  }
}

/// What the new thread owns.
private final class ThreadStart: Sendable {
  private let inbox: LoopInbox
  private nonisolated(unsafe) let context: UnsafeMutableRawPointer
  private nonisolated(unsafe) let handshakes: ZAPHandler
  private let name: String

  init(inbox: LoopInbox, context: UnsafeMutableRawPointer, handshakes: ZAPHandler, name: String) {
    self.inbox = inbox
    self.context = context
    self.handshakes = handshakes
    self.name = name
  }

  func run() {
    zeromq_name_this_thread(name)
    inbox.adoptThisThread()
    LoopThread(inbox: inbox, context: context, handshakes: handshakes).run()
    inbox.finished.leave()
  }
}
