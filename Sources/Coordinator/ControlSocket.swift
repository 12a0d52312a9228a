import Logging
import Transport
import Wire

/// The socket where workers and operators' tools talk to the coordinator. Any thread.
struct ControlSocket: Sendable {
  let loop: SocketLoop
  let id: SocketID
  /// Where workers register, a port chosen by the system resolved.
  let endpoint: Endpoint
  let logger: Logger

  /// Queues a message. A worker that cannot be reached becomes silent, which the heartbeats find.
  func send(_ message: CoordinatorMessage, to peer: PeerID) {
    do {
      try loop.send(Message(message.encoded()), on: id, to: peer)
    } catch {
      logger.debug("message to a worker not queued", metadata: ["reason": "\(error)"])
    }
  }
}
