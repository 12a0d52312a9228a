import Dispatch
import Sockets
import Synchronization
package import Transport

extension AdminClient {
  /// What came of a handshake with a coordinator.
  package enum Contact: Sendable {
    case connected
    /// It knows this key, and does not admit it.
    case refused
    /// Nothing there completes the handshake: another program, other keys, or no keys on one side.
    case silent
  }

  /// Tries a handshake, and sends nothing. Blocks for at most `seconds`.
  ///
  /// - Throws: `TransportError`.
  package static func contact(
    coordinator: Endpoint, keys: SocketKeys, allowsInsecureRemote: Bool, seconds: Int
  ) throws -> Contact {
    let loop = try SocketLoop(name: "operator")
    defer { loop.stop() }
    let result = Mutex<Contact?>(nil)
    let ended = DispatchSemaphore(value: 0)
    let access = SocketSpecification.Access(keys, allowsInsecureRemote: allowsInsecureRemote)
    _ = try loop.open(
      .control(to: coordinator, access, linger: .zero), onMessage: { _, _ in },
      onPeerEvent: { event in
        let contact: Contact?
        switch event {
        case .connected: contact = .connected
        case .refused: contact = .refused
        // It may be a coordinator that starts: the socket tries again.
        case .disconnected, .handshakeFailed, .turnedAway: contact = nil
        }
        guard let contact else { return }
        result.withLock { $0 = $0 ?? contact }
        ended.signal()
      })
    _ = ended.wait(timeout: .now() + .seconds(seconds))
    return result.withLock { $0 } ?? .silent
  }
}
