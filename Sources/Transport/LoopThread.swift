import CZeroMQ
import Dispatch

/// The thread that alone owns all sockets of a loop: a ZeroMQ socket that two threads touch ends the process. Made and
/// used on that thread only.
final class LoopThread {
  private let inbox: LoopInbox
  private let context: UnsafeMutableRawPointer
  private var sockets: [SocketID: ZeroMQSocket] = [:]
  private var items: [zmq_pollitem_t] = []
  private let handshakes: ZAPHandler

  init(inbox: LoopInbox, context: UnsafeMutableRawPointer, handshakes: ZAPHandler) {
    self.inbox = inbox
    self.context = context
    self.handshakes = handshakes
  }

  /// Runs until the loop is stopped. Then it sends what the linger allows, closes all sockets and ends the context.
  func run() {
    while true {
      let (commands, isStopping) = inbox.takeCommands()
      commands.forEach(execute)
      if isStopping { break }
      wait(milliseconds: -1, receives: true)
    }
    flushWithinLinger()
    for socket in sockets.values { close(socket, lingering: socket.specification.linger) }
    sockets = [:]
    handshakes.close()
    while zmq_ctx_term(context) != 0, zmq_errno() == EINTR {}
  }

  private func execute(_ command: LoopCommand) {
    switch command {
    case .open(let id, let specification, let handlers, let reply):
      do throws(TransportError) {
        let socket = try ZeroMQSocket(
          id: id, specification: specification, handlers: handlers, context: context)
        sockets[id] = socket
        inbox.setEndpoint(socket.endpoint, of: id)
        reply.fulfill(.success(()))
      } catch {
        inbox.forget(id)
        reply.fulfill(.failure(error))
      }
    case .send(let outgoing, let id):
      guard let socket = sockets[id] else { return }
      socket.enqueue(outgoing)
      flush(socket)
    case .close(let id, let done):
      if let socket = sockets.removeValue(forKey: id) {
        flush(socket)
        close(socket, lingering: socket.specification.linger)
      }
      done?.signal()
    }
  }

  private func flush(_ socket: ZeroMQSocket) {
    socket.flush { inbox.settle($0, on: socket.id) }
  }

  private func close(_ socket: ZeroMQSocket, lingering: Duration) {
    socket.close(lingering: lingering) { inbox.settle($0, on: socket.id) }
  }

  /// Sleeps until a socket is ready or a command arrives, then serves the sockets. Readiness is a level, not an edge:
  /// the next turn finds what one turn leaves.
  private func wait(milliseconds: Int, receives: Bool) {
    let polled = Array(sockets.values)
    items.removeAll(keepingCapacity: true)
    items.append(zmq_pollitem_t(socket: nil, fd: inbox.wakeDescriptor, events: Int16(ZMQ_POLLIN), revents: 0))
    items.append(zmq_pollitem_t(socket: handshakes.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
    for socket in polled {
      let reads = receives && socket.specification.kind != .push
      let events = (reads ? ZMQ_POLLIN : 0) | (socket.hasOutgoing ? ZMQ_POLLOUT : 0)
      items.append(zmq_pollitem_t(socket: socket.handle, fd: 0, events: Int16(events), revents: 0))
    }
    let monitored = polled.filter { $0.monitor != nil }
    for socket in monitored {
      items.append(zmq_pollitem_t(socket: socket.monitor, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
    }
    // An interrupted poll is a turn without events.
    guard zmq_poll(&items, Int32(items.count), milliseconds) > 0 else { return }
    if items[0].revents != 0 { zeromq_wake_clear(inbox.wakeDescriptor) }
    if items[1].revents != 0 { handshakes.answer(keys(ofDomain:)) }
    for (socket, item) in zip(monitored, items.dropFirst(2 + polled.count)) where item.revents != 0 {
      socket.receivePeerEvents()
    }
    for (socket, item) in zip(polled, items.dropFirst(2)) {
      if Int32(item.revents) & ZMQ_POLLOUT != 0 { flush(socket) }
      if Int32(item.revents) & ZMQ_POLLIN != 0 { socket.receive() }
    }
  }

  private func keys(ofDomain domain: String) -> SocketKeys? {
    sockets.values.first { $0.id.domain == domain }?.specification.keys
  }

  private func flushWithinLinger() {
    let start = ContinuousClock.now
    while true {
      let elapsed = ContinuousClock.now - start
      let waiting = sockets.values.filter { $0.hasOutgoing && $0.specification.linger > elapsed }
      guard let longest = waiting.map(\.specification.linger).max() else { return }
      wait(milliseconds: Int((longest - elapsed).wholeMilliseconds), receives: false)
    }
  }
}
