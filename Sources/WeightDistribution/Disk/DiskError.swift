import Glibc

/// What a disk did not do. The text names the file, the reason and the remedy.
package struct DiskError: Error, Hashable, Sendable, CustomStringConvertible {
  package let call: String
  package let path: String
  /// An `errno`.
  package let code: Int32

  package init(call: String, path: String, code: Int32) {
    self.call = call
    self.path = path
    self.code = code
  }

  package var description: String {
    let remedy =
      switch code {
      case ENOSPC, EDQUOT: "free room on that disk, or name a folder on another"
      case EACCES, EPERM, EROFS: "name a folder that this user may write to"
      default: "check the disk"
      }
    return "\(path): \(call) failed: \(String(cString: strerror(code))); \(remedy)"
  }
}
