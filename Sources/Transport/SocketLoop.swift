import CZeroMQ
import Dispatch
import Glibc

/// One thread that owns ZeroMQ sockets and moves opaque messages for all others. A process has one.
///
/// All methods may be called from any thread. Callbacks run on the loop's thread and must be short. Releasing the last
/// reference stops the loop without waiting for it; call `stop()` to know that it is over.
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
    // Starting the thread hands the socket of the handshakes over to it for good.
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
  ///   - onMessage: a message came; the peer on router sockets.
  ///   - onDrop: a message was not delivered.
  ///   - onPeerEvent: a connection was made, lost or refused.
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

  /// The endpoint of an open socket, with the port the system chose when 0 was asked for; nil once it is closed.
  package func boundEndpoint(of id: SocketID) -> Endpoint? {
    inbox.boundEndpoint(of: id)
  }

  /// Queues a message; never waits. Messages of one thread to one peer arrive in order.
  ///
  /// - Parameter peer: on router sockets, and only there.
  /// - Throws: `TransportError` when the socket is closed, the message does not fit it, or too much waits already.
  ///   What happens later is told to `onDrop`.
  package func send(_ message: Message, on id: SocketID, to peer: PeerID? = nil) throws {
    try inbox.requestSend(message, on: id, to: peer)
  }

  /// Bytes that wait because no peer takes them, with a little added for each message.
  package func queuedByteCount(on id: SocketID) -> Int {
    inbox.queuedByteCount(on: id)
  }

  /// Closes a socket: nothing is delivered after it returns, except when called from a callback. What libzmq took is
  /// still sent within the socket's linger, what waits for a peer is dropped.
  package func close(_ id: SocketID) {
    guard !inbox.isOnLoopThread else {
      _ = inbox.requestClose(id, nil)
      return
    }
    let done = DispatchSemaphore(value: 0)
    if inbox.requestClose(id, done) { done.wait() }
  }

  /// Sends what it can within the sockets' linger, closes them all and waits for the thread. May be called again. From
  /// a callback it only begins to stop.
  package func stop() {
    inbox.requestStop()
    guard !inbox.isOnLoopThread else { return }
    inbox.finished.wait()
  }
}

/// What the new thread takes over.
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
