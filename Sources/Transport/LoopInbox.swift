import CZeroMQ
import Dispatch
import Glibc
import Synchronization

/// A command of another thread to the loop.
enum LoopCommand: Sendable {
  case open(SocketID, SocketSpecification, SocketHandlers, OpenReply)
  case send(OutgoingMessage, SocketID)
  case close(SocketID, DispatchSemaphore?)
}

/// The result of opening a socket, for which the calling thread waits.
final class OpenReply: Sendable {
  private let result = Mutex<Result<Void, TransportError>?>(nil)
  private let arrived = DispatchSemaphore(value: 0)

  func fulfill(_ result: Result<Void, TransportError>) {
    self.result.withLock { $0 = result }
    arrived.signal()
  }

  func wait() throws(TransportError) {
    arrived.wait()
    try (result.withLock { $0 } ?? .failure(.stopped)).get()
  }
}

/// The part of the loop that all threads share: commands in order, the queued bytes of each socket, and the wake-up.
final class LoopInbox: Sendable {
  private struct Socket {
    let specification: SocketSpecification
    var endpoint: Endpoint?
    var queuedByteCount = 0
  }

  private struct State {
    var commands: [LoopCommand] = []
    var sockets: [SocketID: Socket] = [:]
    var nextID: UInt64 = 0
    var isStopping = false
  }

  private let state = Mutex(State())
  private let threadID = Atomic<UInt>(0)
  /// An eventfd, readable when there are commands.
  let wakeDescriptor: Int32
  /// Left when the thread ends.
  let finished = DispatchGroup()

  init() throws(TransportError) {
    wakeDescriptor = zeromq_wake_create()
    guard wakeDescriptor >= 0 else { throw .resources("an eventfd") }
  }

  deinit {
    _ = close(wakeDescriptor)
  }

  var isOnLoopThread: Bool { threadID.load(ordering: .relaxed) == UInt(pthread_self()) }

  func adoptThisThread() {
    threadID.store(UInt(pthread_self()), ordering: .relaxed)
  }

  // MARK: From any thread

  func requestOpen(
    _ specification: SocketSpecification, _ handlers: SocketHandlers, _ reply: OpenReply
  ) throws(TransportError) -> SocketID {
    guard !isOnLoopThread else { throw .onLoopThread }
    return try post { state throws(TransportError) in
      state.nextID += 1
      let id = SocketID(rawValue: state.nextID)
      state.sockets[id] = Socket(specification: specification)
      state.commands.append(.open(id, specification, handlers, reply))
      return id
    }
  }

  func requestSend(_ message: Message, on id: SocketID, to peer: PeerID?) throws(TransportError) {
    let outgoing = OutgoingMessage(message, to: peer)
    try post { state throws(TransportError) in
      guard let socket = state.sockets[id] else { throw .noSuchSocket }
      let specification = socket.specification
      guard specification.kind != .pull, (specification.kind == .router) == (peer != nil) else {
        throw .wrongAddressing
      }
      guard (1...specification.maximumFrameCount).contains(message.frames.count),
        message.byteCount <= specification.maximumMessageByteCount
      else {
        throw .unsendable(
          frameCount: message.frames.count, byteCount: message.byteCount,
          limit: specification.maximumMessageByteCount)
      }
      let limit = specification.maximumQueuedByteCount
      guard socket.queuedByteCount <= limit - outgoing.charge else {
        throw .queueFull(byteCount: socket.queuedByteCount, limit: limit)
      }
      state.sockets[id]?.queuedByteCount += outgoing.charge
      state.commands.append(.send(outgoing, id))
    }
  }

  /// False when the socket is already closed.
  func requestClose(_ id: SocketID, _ done: DispatchSemaphore?) -> Bool {
    let posted: Bool? = try? post { state throws(TransportError) in
      guard state.sockets.removeValue(forKey: id) != nil else { return false }
      state.commands.append(.close(id, done))
      return true
    }
    return posted ?? false
  }

  func requestStop() {
    state.withLock { $0.isStopping = true }
    zeromq_wake_signal(wakeDescriptor)
  }

  func boundEndpoint(of id: SocketID) -> Endpoint? {
    state.withLock { $0.sockets[id]?.endpoint }
  }

  func queuedByteCount(on id: SocketID) -> Int {
    state.withLock { $0.sockets[id]?.queuedByteCount ?? 0 }
  }

  /// Appends commands, and wakes the loop if it may be asleep.
  private func post<Value>(
    _ change: (inout State) throws(TransportError) -> Value
  ) throws(TransportError) -> Value {
    let (result, wasIdle): (Result<Value, TransportError>, Bool) = state.withLock { state in
      guard !state.isStopping else { return (.failure(.stopped), false) }
      let wasIdle = state.commands.isEmpty
      do throws(TransportError) {
        return (.success(try change(&state)), wasIdle)
      } catch {
        return (.failure(error), false)
      }
    }
    if wasIdle { zeromq_wake_signal(wakeDescriptor) }
    return try result.get()
  }

  // MARK: From the loop's thread

  func takeCommands() -> (commands: [LoopCommand], isStopping: Bool) {
    state.withLock { state in
      defer { state.commands = [] }
      return (state.commands, state.isStopping)
    }
  }

  func setEndpoint(_ endpoint: Endpoint, of id: SocketID) {
    state.withLock { $0.sockets[id]?.endpoint = endpoint }
  }

  func forget(_ id: SocketID) {
    _ = state.withLock { $0.sockets.removeValue(forKey: id) }
  }

  func settle(_ outgoing: OutgoingMessage, on id: SocketID) {
    state.withLock { $0.sockets[id]?.queuedByteCount -= outgoing.charge }
  }
}
