import Synchronization

/// Which files this process has hashed and found good, until they change.
package final class VerificationMemo: Sendable {
  private struct Version: Hashable {
    let byteCount: Int
    let inode: UInt64
    let modified: Int
  }

  private let known = Mutex<[String: Version]>([:])

  package init() {}

  /// - Parameter path: or any other name of what was found good in the file.
  package func knows(_ path: String, _ status: FileStatus) -> Bool {
    known.withLock { $0[path] == Self.version(status) }
  }

  package func note(_ path: String, _ status: FileStatus) {
    known.withLock { $0[path] = Self.version(status) }
  }

  private static func version(_ status: FileStatus) -> Version {
    Version(byteCount: status.byteCount, inode: status.inode, modified: status.modified)
  }
}
