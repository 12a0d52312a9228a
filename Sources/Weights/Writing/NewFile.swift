import Glibc

/// A file in the making, removed again where it is not finished.
struct NewFile: ~Copyable {
  private let path: String
  private let byteCount: Int
  private let descriptor: Int32
  private var isWhole = false

  private init(path: String, byteCount: Int, descriptor: Int32) {
    self.path = path
    self.byteCount = byteCount
    self.descriptor = descriptor
  }

  /// Makes the file, which must not exist, and takes its room on the disk: a full one fails before hours of work do.
  /// - Parameter isOutline: whether most of it is never written and takes no room.
  static func make(path: String, byteCount: Int, isOutline: Bool = false) throws(FileWriteError) -> NewFile {
    // A file that is there is not removed: only what was made here has an owner that does so.
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileWriteError(path: path, byteCount: byteCount, code: errno) }
    let file = NewFile(path: path, byteCount: byteCount, descriptor: descriptor)
    let reserved = isOutline ? 0 : posix_fallocate(descriptor, 0, byteCount)
    guard reserved == 0 || reserved == EOPNOTSUPP else {
      throw FileWriteError(path: path, byteCount: byteCount, code: reserved)
    }
    return file
  }

  deinit {
    close(descriptor)
    if !isWhole { unlink(path) }
  }

  borrowing func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileWriteError) {
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      let count = pwrite(descriptor, base + done, bytes.count - done, offset + done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileWriteError(path: path, byteCount: byteCount, code: errno) }
      done += count
    }
  }

  /// Keeps the file.
  consuming func finish() throws(FileWriteError) {
    guard ftruncate(descriptor, byteCount) == 0 else {
      throw FileWriteError(path: path, byteCount: byteCount, code: errno)
    }
    isWhole = true
  }
}

/// A model file that could not be written.
package struct FileWriteError: Error, Hashable, Sendable, CustomStringConvertible {
  package let path: String
  package let byteCount: Int
  /// The system's error number.
  package let code: Int32

  package var description: String {
    let remedy =
      switch code {
      case ENOSPC: "; make room, or choose a larger disk"
      case EEXIST: "; remove it, or choose another name"
      default: ""
      }
    return "\(byteCount >> 20) MiB cannot be written to '\(path)': \(String(cString: strerror(code)))\(remedy)"
  }
}
