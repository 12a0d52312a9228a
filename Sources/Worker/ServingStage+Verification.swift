import Sockets
import Transport
import Wire

extension ServingStage {
  /// The message as its sender made it; nil when it was damaged on its way, which is passed on as a lost step.
  /// - Throws: `WireError` when it has no checksum; and what sending throws.
  func verified(_ message: Message) throws -> Message? {
    do {
      return try message.verifiedData()
    } catch .damaged {
      try lose("a frame arrived damaged")
      return nil
    }
  }
}
