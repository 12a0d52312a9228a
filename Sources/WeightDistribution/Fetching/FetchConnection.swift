import Transport
import Wire

/// A connection of its own to the coordinator, or to a worker, over which one stage's weights come. The loader
/// thread asks; what comes goes to an inbox.
final class FetchConnection: Sendable {
  private let loop: SocketLoop
  private let socket: SocketID

  /// - Throws: `TransportError`.
  init(
    loop: SocketLoop, specification: SocketSpecification, source: FetchPlan.Source, inbox: FetchInbox
  ) throws {
    self.loop = loop
    socket = try loop.open(
      specification,
      onMessage: { message, _ in
        // What cannot be read was never asked for.
        guard let first = message.frames.first,
          let decoded = try? first.withUnsafeBytes({ try CoordinatorMessage(decoding: $0) })
        else { return }
        inbox.put(.message(decoded, message.frames.dropFirst().first), from: source)
      },
      onPeerEvent: { event in
        switch event {
        case .connected: inbox.noteConnection(of: source)
        case .disconnected: inbox.put(.broke, from: source)
        case .refused, .handshakeFailed, .turnedAway: break
        }
      })
  }

  /// Asks. A request that is lost is asked again by the fetch plan.
  func ask(_ message: WorkerMessage) {
    try? loop.send(Message(message.encoded()), on: socket)
  }

  func close() { loop.close(socket) }
}
