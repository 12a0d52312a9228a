/// Why a received message was not accepted. The text names the message or the field.
package enum WireError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The peer speaks another protocol version; nothing else in the message was read.
  case version(theirs: UInt32, ours: UInt32)
  /// Longer than such a message can be.
  case tooLong(message: String, byteCount: Int, limit: Int)
  /// Decoding would take more memory than any honest message of this length.
  case amplified(message: String, byteCount: Int)
  /// Not a protobuf message of this kind.
  case malformed(message: String)
  /// Changed between its sender and here.
  case damaged
  /// A field, by its path in the message (`entries[2].tokens`), and what it has to be.
  case field(String, reason: String)

  package var description: String {
    switch self {
    case .version(let theirs, let ours):
      "the peer speaks protocol version \(theirs), this program version \(ours); run the same release on all machines"
    case .tooLong(let message, let byteCount, let limit):
      "a \(message) of \(byteCount) bytes is over the limit of \(limit)"
    case .amplified(let message, let byteCount):
      "a \(message) of \(byteCount) bytes would take far more memory than its length allows"
    case .malformed(let message): "not a \(message): the bytes are not the protobuf message they should be"
    case .damaged: "the message was damaged on its way"
    case .field(let path, let reason): "field \(path) \(reason)"
    }
  }

  /// The same error with the field's path prefixed, for a message inside another.
  func inside(_ outer: @autoclosure () -> String) -> WireError {
    guard case .field(let path, let reason) = self else { return self }
    return .field("\(outer()).\(path)", reason: reason)
  }
}
