/// A message on its way out.
struct OutgoingMessage: Sendable {
  let message: Message
  let peer: PeerID?
  /// What it counts against the socket's limit: its bytes, and a fixed cost.
  let charge: Int

  init(_ message: Message, to peer: PeerID?) {
    self.message = message
    self.peer = peer
    charge = message.byteCount + 128
  }
}

/// First in, first out; removal does not move the remaining messages.
struct OutgoingQueue {
  private var messages: [OutgoingMessage?] = []
  private var head = 0

  var isEmpty: Bool { head == messages.count }
  var first: OutgoingMessage? { isEmpty ? nil : messages[head] }

  mutating func append(_ message: OutgoingMessage) {
    messages.append(message)
  }

  mutating func removeFirst() {
    guard !isEmpty else { return }
    messages[head] = nil
    head += 1
    if head == messages.count {
      messages.removeAll(keepingCapacity: true)
      head = 0
    } else if head >= 1024, head * 2 >= messages.count {
      messages.removeFirst(head)
      head = 0
    }
  }
}
