import Transport
import Wire

extension ServingStage {
  /// The message as its sender made it; nil when it was damaged on its way, which is passed on as a lost step.
  /// - Throws: `WireError` when it has no checksum; and what sending throws.
  func verified(_ message: Message) throws -> Message? {
    switch message.verified() {
    case .whole(let message): return message
    case .damaged:
      try lose("a frame came damaged")
      return nil
    case .unsealed: throw WireError.field("seal", reason: "is missing")
    }
  }
}
