/// What a socket's owner is told. All run on the loop's thread and must be short: no lock held for long, no waiting.
struct SocketHandlers: Sendable {
  let onMessage: @Sendable (Message, PeerID?) -> Void
  let onDrop: (@Sendable (MessageDrop) -> Void)?
  let onPeerEvent: (@Sendable (PeerEvent) -> Void)?
}
