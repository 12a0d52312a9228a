import Foundation

/// What a command writes by name: a file, a pipe, a device, `>(…)`.
enum OutputFile {
  /// Writes all of it. A file takes its name when it is whole, so that a full disk costs no older one; a pipe, a
  /// device or a link is written to, and so is a file whose folder takes no other.
  /// - Throws: `CommandFailure` that names the file and the system's reason.
  static func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
    var status = stat()
    let isThere = lstat(path, &status) == 0
    let bytes = Array(bytes)
    guard !isThere || status.st_mode & S_IFMT == S_IFREG else { return try fill(path, bytes) }
    let part = "\(path).part-\(getpid())"
    let mode = isThere ? status.st_mode & 0o7777 : 0o666
    let descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    if descriptor < 0 {
      guard isThere else { throw unwritable(path, errno) }
      return try fill(path, bytes)
    }
    if isThere { fchmod(descriptor, mode) }
    var code = writeAll(bytes, to: descriptor)
    if close(descriptor) != 0, code == 0 { code = errno }
    if code == 0, rename(part, path) != 0 { code = errno }
    guard code != 0 else { return }
    unlink(part)
    throw unwritable(path, code)
  }

  private static func fill(_ path: String, _ bytes: [UInt8]) throws {
    let descriptor = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
    guard descriptor >= 0 else { throw unwritable(path, errno) }
    var code = writeAll(bytes, to: descriptor)
    if close(descriptor) != 0, code == 0 { code = errno }
    guard code == 0 else { throw unwritable(path, code) }
  }

  /// Zero, or the system's error.
  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return errno }
      rest = rest.dropFirst(count)
    }
    return 0
  }

  private static func unwritable(_ path: String, _ code: Int32) -> CommandFailure {
    CommandFailure(.runtime, "'\(path)' cannot be written: \(String(cString: strerror(code)))")
  }
}
