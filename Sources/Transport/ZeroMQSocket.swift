import CZeroMQ
import Core

/// One libzmq socket with its outgoing queue. Confined to the loop's thread.
///
/// Messages wait in the queue here, not in libzmq, so that their bytes can be counted and limited.
final class ZeroMQSocket {
  let id: SocketID
  let specification: SocketSpecification
  let handlers: SocketHandlers
  let handle: UnsafeMutableRawPointer
  /// The endpoint as bound or connected to, a port chosen by the system resolved.
  private(set) var endpoint: Endpoint
  private(set) var monitor: UnsafeMutableRawPointer?
  private var outgoing = OutgoingQueue()
  private var file: SocketFile?
  private var connections = ConnectionTable()
  private var accepted: AcceptedConnections

  /// Creates, configures, then binds or connects.
  init(
    id: SocketID, specification: SocketSpecification, handlers: SocketHandlers, context: UnsafeMutableRawPointer
  ) throws(TransportError) {
    self.id = id
    self.specification = specification
    self.handlers = handlers
    endpoint = specification.endpoint
    accepted = AcceptedConnections(limit: specification.maximumConnectionCount)
    guard let handle = zmq_socket(context, specification.kind.native) else {
      throw .resources("a ZeroMQ socket (\(lastErrorText()))")
    }
    self.handle = handle
    do throws(TransportError) {
      try configure(handle, specification)
      try configureKeys(handle, id, specification)
      if handlers.onPeerEvent != nil || specification.countsConnections {
        monitor = try openMonitor(of: handle, id: id, context: context)
      }
      try attach()
    } catch {
      close(lingering: .zero)
      throw error
    }
  }

  /// Whether the loop should ask for readiness to send.
  var hasOutgoing: Bool { !outgoing.isEmpty }

  /// Appends a message; `flush` sends it.
  func enqueue(_ outgoing: OutgoingMessage) {
    self.outgoing.append(outgoing)
  }

  /// Gives libzmq as many messages as it accepts now. Calls `settle` with every message that leaves the queue.
  func flush(_ settle: (OutgoingMessage) -> Void) {
    while let next = outgoing.first {
      switch send(next) {
      case .sent: break
      case .full where specification.kind != .router: return
      // Messages to other peers wait behind this one, so it is dropped.
      case .full: drop(.peerIsFull, next.peer)
      case .failed(let reason): drop(reason, next.peer)
      }
      outgoing.removeFirst()
      settle(next)
    }
  }

  /// Receives and delivers at most 64 messages, so that other sockets get their turn.
  func receive() {
    let limit = specification.maximumFrameCount + (specification.kind == .router ? 1 : 0)
    for _ in 0..<64 {
      guard let arrival = receiveFrames(from: handle, limit: limit) else { return }
      var message = Message(frames: arrival.frames)
      message.sender = arrival.sender
      var peer: PeerID?
      if specification.kind == .router, let first = message.frames.first {
        peer = PeerID(first.withUnsafeBytes { Array($0) })
        message.frames.removeFirst()
        if let peer, arrival.descriptor >= 0, handlers.onPeerEvent != nil,
          let gone = connections.heard(peer, over: arrival.descriptor)
        {
          handlers.onPeerEvent?(.disconnected(gone))
        }
      }
      if !admits(arrival.sender) {
        drop(.notAdmitted, peer)
      } else if !arrival.isWhole || message.byteCount > specification.maximumMessageByteCount {
        drop(.tooLong, peer)
      } else if !message.frames.isEmpty {
        handlers.onMessage(message, peer)
      }
    }
  }

  /// Whether the sender is (still) admitted; a connection outlives its admission.
  private func admits(_ sender: PublicKey?) -> Bool {
    guard case .accepting(_, _, let admits) = specification.keys else { return true }
    return sender.map(admits) ?? false
  }

  /// Reads the monitor's events of connections.
  func receivePeerEvents() {
    guard let monitor else { return }
    while let arrival = receiveFrames(from: monitor, limit: 2) {
      guard let first = arrival.frames.first, first.count >= 2 else { continue }
      let event = first.withUnsafeBytes { Int32($0.loadUnaligned(as: UInt16.self)) }
      // The kind of event is followed by its value: the descriptor of a connection that is made or lost.
      let descriptor =
        first.count >= 6 ? first.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 2, as: Int32.self) } : -1
      switch event {
      case ZMQ_EVENT_ACCEPTED: accepted.accepted(descriptor)
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: handlers.onPeerEvent?(.connected)
      case ZMQ_EVENT_DISCONNECTED:
        accepted.ended(descriptor)
        handlers.onPeerEvent?(.disconnected(connections.ended(descriptor)))
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: handlers.onPeerEvent?(.refused)
      default: handlers.onPeerEvent?(.handshakeFailed)
      }
    }
    closeExcess()
  }

  /// After all events are read: an excess connection may have ended by itself.
  private func closeExcess() {
    guard specification.countsConnections, case .tcp(_, let port) = endpoint.address else { return }
    for descriptor in accepted.takeExcess() {
      AcceptedConnections.shutDown(descriptor, port: port)
      handlers.onPeerEvent?(.turnedAway)
    }
  }

  /// Closes. libzmq may still send its messages within `lingering`; messages that wait here are dropped and settled.
  func close(lingering: Duration, _ settle: (OutgoingMessage) -> Void = { _ in }) {
    while let next = outgoing.first {
      drop(.closed, next.peer)
      outgoing.removeFirst()
      settle(next)
    }
    if let monitor {
      zmq_socket_monitor(handle, nil, 0)
      zmq_close(monitor)
      self.monitor = nil
    }
    var milliseconds = lingering.wholeMilliseconds
    zmq_setsockopt(handle, ZMQ_LINGER, &milliseconds, MemoryLayout<Int32>.size)
    zmq_close(handle)
    file?.remove()
  }

  // MARK: Binding and connecting

  private func attach() throws(TransportError) {
    switch specification.role {
    case .connect(let endpoint):
      if case .tcp(let host, let port) = endpoint.address, port == 0 || host == "*" {
        throw .cannotOpen(endpoint, reason: "it does not name one host and port to connect to")
      }
      guard !specification.isExposed || specification.allowsInsecureRemote else { throw .insecure(endpoint) }
      guard zmq_connect(handle, endpoint.native) == 0 else { throw failure(endpoint) }
    case .bind(let endpoint):
      guard !specification.isExposed || specification.allowsInsecureRemote else { throw .insecure(endpoint) }
      if case .ipc(let path) = endpoint.address { try SocketFile.prepare(path, endpoint) }
      guard zmq_bind(handle, endpoint.native) == 0 else { throw failure(endpoint) }
      if case .ipc(let path) = endpoint.address { file = SocketFile(restricting: path) }
      if case .tcp(let host, 0) = endpoint.address { self.endpoint = try resolvedPort(host: host) }
    }
  }

  private func resolvedPort(host: String) throws(TransportError) -> Endpoint {
    var text = [UInt8](repeating: 0, count: 512)
    var byteCount = text.count
    guard zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &byteCount) == 0,
      let port = UInt16(
        String(decoding: text.prefix(max(0, byteCount - 1)), as: UTF8.self)
          .split(separator: ":").last ?? "")
    else { throw failure(endpoint) }
    return Endpoint(address: .tcp(host: host, port: port))
  }

  private func failure(_ endpoint: Endpoint) -> TransportError {
    let code = zmq_errno()
    if code == EADDRINUSE { return .inUse(endpoint) }
    return .cannotOpen(endpoint, reason: lastErrorText(code))
  }

  // MARK: Frames

  private enum Sending {
    case sent
    case full
    case failed(MessageDrop.Reason)
  }

  private func send(_ outgoing: OutgoingMessage) -> Sending {
    var frames = outgoing.message.frames
    if let peer = outgoing.peer { frames.insert(Frame(peer.bytes), at: 0) }
    // All frames are made before the first is sent: an incomplete message would absorb the next one's frames.
    return withUnsafeTemporaryAllocation(of: zmq_msg_t.self, capacity: frames.count) { messages in
      guard let first = messages.baseAddress else { return .sent }
      for index in frames.indices {
        guard frames[index].initialize(first + index) else {
          let code = zmq_errno()
          for made in 0..<index { zmq_msg_close(first + made) }
          return .failed(.failed(code))
        }
      }
      return send(first, count: frames.count)
    }
  }

  /// libzmq accepts all frames of a message or refuses the first.
  private func send(_ messages: UnsafeMutablePointer<zmq_msg_t>, count: Int) -> Sending {
    for index in 0..<count {
      let more = index + 1 < count ? ZMQ_SNDMORE : 0
      while zmq_msg_send(messages + index, handle, ZMQ_DONTWAIT | more) < 0 {
        let code = zmq_errno()
        if code == EINTR { continue }
        for unsent in index..<count { zmq_msg_close(messages + unsent) }
        if code == EAGAIN { return .full }
        return .failed(code == EHOSTUNREACH ? .unroutable : .failed(code))
      }
    }
    return .sent
  }

  private func drop(_ reason: MessageDrop.Reason, _ peer: PeerID?) {
    handlers.onDrop?(MessageDrop(reason: reason, peer: peer))
  }
}
