/// A question or an answer of multicast DNS (RFC 1035, RFC 6762), as far as finding a service needs it.
struct DNSMessage: Hashable, Sendable {
  /// A datagram that fits any link; longer ones are not read.
  static let maximumByteCount = 1500

  enum Kind: UInt16, Sendable {
    case address = 1
    case pointer = 12
    case service = 33
    /// In questions: all there are.
    case any = 255
  }

  struct Question: Hashable, Sendable {
    let name: DNSName
    /// Nil for a kind that is none of ours.
    let kind: Kind?
    /// Whether an answer to the asker alone is enough.
    var acceptsUnicast = false
  }

  struct Record: Hashable, Sendable {
    enum Content: Hashable, Sendable {
      case address(IPv4Address)
      /// The name of what is there of a kind of service.
      case pointer(DNSName)
      /// A host, and a port on it.
      case service(host: DNSName, port: UInt16)
      /// Of another kind.
      case other
    }

    let name: DNSName
    let content: Content
    /// Seconds.
    let lifetime: UInt32
  }

  var id: UInt16 = 0
  var isAnswer = false
  var questions: [Question] = []
  /// Of all sections.
  var records: [Record] = []
}
