import Foundation

/// What a command is given by name: a file, a pipe, a device, `<(…)`; `-` is standard input.
enum InputFile {
  /// More is no prompt, no list of ids and no policy.
  static let maximumByteCount = 1 << 30

  /// All bytes up to the end.
  /// - Throws: `CommandFailure` that names the file and the system's reason.
  static func bytes(_ path: String) throws -> [UInt8] {
    // Opening the name of standard input again fails where that is a socket.
    let isStandard = path == "-" || path == "/dev/stdin"
    let descriptor = isStandard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    defer { if !isStandard { close(descriptor) } }
    var result: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(path, errno) }
      guard count > 0 else { return result }
      guard result.count + count <= maximumByteCount else {
        throw CommandFailure(.usage, "'\(path)' has more than \(maximumByteCount) bytes, the limit")
      }
      result += part[..<count]
    }
  }

  /// All of it as text.
  /// - Throws: as `bytes`, and where it is not UTF-8.
  static func text(_ path: String) throws -> String {
    let bytes = try bytes(path)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandFailure(
        .usage,
        "'\(path)' is not UTF-8 text: byte \(firstInvalidByte(of: bytes) + 1) does not belong; convert it, for example "
          + "with iconv")
    }
    return text
  }

  private static func unreadable(_ path: String, _ code: Int32) -> CommandFailure {
    CommandFailure(.usage, "'\(path)' cannot be read: \(String(cString: strerror(code)))")
  }

  private static func firstInvalidByte(of bytes: [UInt8]) -> Int {
    var parser = Unicode.UTF8.ForwardParser()
    var rest = bytes.makeIterator()
    var offset = 0
    while case .valid(let scalar) = parser.parseScalar(from: &rest) { offset += scalar.count }
    return offset
  }
}
