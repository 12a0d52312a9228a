import Foundation

/// Files that only their owner may read.
package enum SecretFile {
  /// Far more than any such file needs.
  static let maximumByteCount = 1 << 20

  /// Reads a file that only its owner can read.
  /// - Throws: `CredentialError` when others can read it, or it is not a regular file, or too large.
  package static func read(_ path: String) throws(CredentialError) -> String {
    try read(
      path, forbidden: { forbidden(owner: $0, reader: geteuid()) },
      remedy: "others can read it; run chmod 600 '\(path)'")
  }

  /// The permissions that no secret file may have. A supervisor of root's (systemd's credentials, a Secret of
  /// Kubernetes) hands a file to a process of another user through its group, and an access list shows as the group's
  /// permissions.
  static func forbidden(owner: uid_t, reader: uid_t) -> mode_t { owner == 0 && reader != 0 ? 0o037 : 0o077 }

  /// Reads a public file that only its owner can change.
  package static func readPublic(_ path: String) throws(CredentialError) -> String {
    try read(path, forbidden: { _ in 0o022 }, remedy: "others can change it; run chmod go-w '\(path)'")
  }

  /// Writes a new file with mode 0600, complete or not at all.
  /// - Throws: `CredentialError`, also when the file exists: a key is never overwritten.
  static func create(_ path: String, _ text: String) throws(CredentialError) {
    if FileManager.default.fileExists(atPath: path) {
      throw CredentialError("'\(path)' already exists; remove it first if its key is no longer needed")
    }
    try replace(path, text)
  }

  /// Replaces a file atomically by one with mode 0600: readers see the old or the new one.
  static func replace(_ path: String, _ text: String) throws(CredentialError) {
    let temporary = "\(path).\(UInt32.random(in: 0 ... .max)).part"
    // The name is new, so no process has it open; the mode is set before any byte is written.
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw CredentialError("cannot write '\(path)': \(reason())") }
    let isWritten = Array(text.utf8).withUnsafeBytes { bytes in
      write(descriptor, bytes.baseAddress, bytes.count) == bytes.count && fsync(descriptor) == 0
    }
    let why = isWritten ? "" : reason()
    close(descriptor)
    guard isWritten, rename(temporary, path) == 0 else {
      let why = isWritten ? reason() : why
      unlink(temporary)
      throw CredentialError("cannot write '\(path)': \(why)")
    }
  }

  /// - Parameter forbidden: the permissions that the file may not have, by its owner.
  private static func read(
    _ path: String, forbidden: (uid_t) -> mode_t, remedy: String
  ) throws(CredentialError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw CredentialError("cannot read '\(path)': \(reason())") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw CredentialError("'\(path)' is not a regular file")
    }
    guard status.st_mode & forbidden(status.st_uid) == 0 else {
      throw CredentialError("'\(path)' is not safe: \(remedy)")
    }
    guard status.st_size <= maximumByteCount else {
      throw CredentialError("'\(path)' has \(status.st_size) bytes; the limit is \(maximumByteCount)")
    }
    var bytes = [UInt8](repeating: 0, count: maximumByteCount)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
      }
      if got < 0 { throw CredentialError("cannot read '\(path)': \(reason())") }
      if got == 0 { break }
      count += got
    }
    guard let text = String(validating: bytes.prefix(count), as: UTF8.self) else {
      throw CredentialError("'\(path)' is not UTF-8 text")
    }
    return text
  }

  private static func reason() -> String { String(cString: strerror(errno)) }
}
