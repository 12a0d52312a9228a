import CPlatform

/// A checksum over all frames of a message, in one more frame at its end. The process that makes the frames computes
/// it, the process that uses them verifies it. The network's own checksums end at the machine, and have 16 bits.
///
/// It detects damage, not forgery, which keys prevent.
enum MessageChecksum {
  /// "LHC1", then the CRC32C of the other frames' bytes in order, little-endian.
  static let mark: [UInt8] = Array("LHC1".utf8)
  static let byteCount = 8

  static func checksum(_ frames: some Sequence<Frame>) -> UInt32 {
    var value: UInt32 = 0
    for frame in frames {
      value = frame.withUnsafeBytes { lh_crc32c(value, $0.baseAddress, Int64($0.count)) }
      // With the frame's length, so that bytes cannot move from one frame to the next unnoticed.
      value = withUnsafeBytes(of: UInt64(frame.count).littleEndian) { lh_crc32c(value, $0.baseAddress, 8) }
    }
    return value
  }

  static func frame(_ frames: some Sequence<Frame>) -> Frame {
    let value = checksum(frames)
    return Frame(mark + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
  }
}

extension Message {
  /// The result of verifying a message.
  package enum Opened: Sendable {
    /// Unchanged, without its checksum.
    case whole(Message)
    /// It has changed on the way.
    case damaged
    /// It has no checksum, so its sender is not this program.
    case unsealed
  }

  /// The message with its checksum as one more frame.
  package func sealed() -> Message {
    var message = self
    message.frames.append(MessageChecksum.frame(frames))
    return message
  }

  /// Removes the checksum and verifies it.
  package func verified() -> Opened {
    guard frames.count >= 2, let last = frames.last, last.count == MessageChecksum.byteCount else { return .unsealed }
    let seal = last.withUnsafeBytes { Array($0) }
    // Damage may hit the mark, too.
    let markDamage = zip(seal, MessageChecksum.mark).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
    guard markDamage <= 2 else { return .unsealed }
    var message = self
    message.frames.removeLast()
    let expected = MessageChecksum.checksum(message.frames)
    let found = (0..<4).reduce(UInt32(0)) { $0 | UInt32(seal[4 + $1]) << UInt32(8 * $1) }
    return markDamage == 0 && found == expected ? .whole(message) : .damaged
  }
}
