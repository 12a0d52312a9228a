package import Glibc

/// What tells a file from others, and from itself after it was written to.
package struct FileVersion: Hashable, Sendable {
  package let device: UInt64
  package let inode: UInt64
  package let byteCount: Int
  /// Nanoseconds since 1970.
  package let modified: Int

  package init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    byteCount = Int(status.st_size)
    modified = Int(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int(status.st_mtim.tv_nsec)
  }

  /// Whether it is the same file, written to since.
  package func isChange(of other: FileVersion) -> Bool {
    device == other.device && inode == other.inode && self != other
  }
}
