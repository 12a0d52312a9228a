import CPlatform

/// A checksum that travels as a message's last frame, over all the others, from the process that made them to the one
/// that uses them. The network's own checksums end at the machine, and are 16 bits wide.
///
/// It finds damage; it keeps nobody out, for which there are keys.
enum MessageChecksum {
  /// "LHC1", then the CRC32C of the other frames' bytes in order, little-endian.
  static let mark: [UInt8] = Array("LHC1".utf8)
  static let byteCount = 8

  static func checksum(_ frames: some Sequence<Frame>) -> UInt32 {
    var value: UInt32 = 0
    for frame in frames {
      value = frame.withUnsafeBytes { lh_crc32c(value, $0.baseAddress, Int64($0.count)) }
      // Where a frame ends matters too: bytes must not move from one to the next unseen.
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
  /// What became of a sealed message.
  package enum Opened: Sendable {
    /// As it was made.
    case whole(Message)
    /// It was sealed, and has changed since.
    case damaged
    /// It bears no seal: whoever sent it is not of this program.
    case unsealed
  }

  /// The message with its seal as a further frame.
  package func sealed() -> Message {
    var message = self
    message.frames.append(MessageChecksum.frame(frames))
    return message
  }

  /// Takes the seal off and looks whether it holds.
  package func verified() -> Opened {
    guard frames.count >= 2, let last = frames.last, last.count == MessageChecksum.byteCount else { return .unsealed }
    let seal = last.withUnsafeBytes { Array($0) }
    // A bit of the mark may have been hit as well as any other.
    let markDamage = zip(seal, MessageChecksum.mark).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
    guard markDamage <= 2 else { return .unsealed }
    var message = self
    message.frames.removeLast()
    let expected = MessageChecksum.checksum(message.frames)
    let found = (0..<4).reduce(UInt32(0)) { $0 | UInt32(seal[4 + $1]) << UInt32(8 * $1) }
    return markDamage == 0 && found == expected ? .whole(message) : .damaged
  }
}
