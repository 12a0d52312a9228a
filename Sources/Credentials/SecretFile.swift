import Foundation

/// Files that only their owner may read.
package enum SecretFile {
  /// More than any of them needs.
  static let maximumByteCount = 1 << 20

  /// Reads a file that nobody but its owner can read.
  /// - Throws: `CredentialError` when others can, or it is no regular file, or too large.
  package static func read(_ path: String) throws(CredentialError) -> String {
    try read(path, forbidden: 0o077, remedy: "others can read it; run chmod 600 '\(path)'")
  }

  /// Reads a file that may be known to all, but that only its owner can change.
  static func readPublic(_ path: String) throws(CredentialError) -> String {
    try read(path, forbidden: 0o022, remedy: "others can change it; run chmod go-w '\(path)'")
  }

  /// Writes a new file with mode 0600, complete or not at all.
  /// - Throws: `CredentialError`, also when there is a file already: a key is never written over.
  static func create(_ path: String, _ text: String) throws(CredentialError) {
    if FileManager.default.fileExists(atPath: path) {
      throw CredentialError("'\(path)' is there already; remove it first if its key is no longer needed")
    }
    try replace(path, text)
  }

  /// Writes a file with mode 0600 in the place of the one that may be there: readers see the old or the new one.
  static func replace(_ path: String, _ text: String) throws(CredentialError) {
    let temporary = "\(path).\(UInt32.random(in: 0 ... .max)).part"
    // The name is new, so that nobody has it open; the mode is set before a byte is written.
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw CredentialError("'\(path)' cannot be written: \(reason())") }
    let isWritten = Array(text.utf8).withUnsafeBytes { bytes in
      write(descriptor, bytes.baseAddress, bytes.count) == bytes.count && fsync(descriptor) == 0
    }
    let why = isWritten ? "" : reason()
    close(descriptor)
    guard isWritten, rename(temporary, path) == 0 else {
      let why = isWritten ? reason() : why
      unlink(temporary)
      throw CredentialError("'\(path)' cannot be written: \(why)")
    }
  }

  private static func read(_ path: String, forbidden: mode_t, remedy: String) throws(CredentialError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw CredentialError("'\(path)' cannot be read: \(reason())") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw CredentialError("'\(path)' is no regular file")
    }
    guard status.st_mode & forbidden == 0 else { throw CredentialError("'\(path)' is refused: \(remedy)") }
    guard status.st_size <= maximumByteCount else {
      throw CredentialError("'\(path)' has \(status.st_size) bytes, far more than such a file needs")
    }
    var bytes = [UInt8](repeating: 0, count: maximumByteCount)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
      }
      if got < 0 { throw CredentialError("'\(path)' cannot be read: \(reason())") }
      if got == 0 { break }
      count += got
    }
    guard let text = String(validating: bytes.prefix(count), as: UTF8.self) else {
      throw CredentialError("'\(path)' is no text")
    }
    return text
  }

  private static func reason() -> String { String(cString: strerror(errno)) }
}
