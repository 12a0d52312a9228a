/// The callbacks of a socket's owner. They run on the loop's thread and must be short: no long lock, no waiting.
struct SocketHandlers: Sendable {
  let onMessage: @Sendable (Message, PeerID?) -> Void
  let onDrop: (@Sendable (MessageDrop) -> Void)?
  let onPeerEvent: (@Sendable (PeerEvent) -> Void)?
}
