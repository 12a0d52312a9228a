import Glibc

/// The file of a bound ipc endpoint. libzmq deletes any file at the path before it binds, so the path is checked first.
/// It leaves its own file behind, which is removed here.
struct SocketFile {
  private let path: String
  private let device: dev_t
  private let inode: ino_t

  /// Throws when the path holds a file that is no socket, or a socket with a listener.
  static func prepare(_ path: String, _ endpoint: Endpoint) throws(TransportError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw .cannotOpen(endpoint, reason: "a file that is not a socket is there; remove it or choose another path")
    }
    if hasListener(path) { throw .inUse(endpoint) }
  }

  /// The file just bound, now accessible to its owner only: ipc has no keys, so the file's mode is the lock. Nil when
  /// another process has already removed it.
  init?(restricting path: String) {
    chmod(path, S_IRUSR | S_IWUSR)
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    self.path = path
    device = status.st_dev
    inode = status.st_ino
  }

  /// Removes it, unless another program has replaced it.
  func remove() {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else { return }
    unlink(path)
  }

  private static func hasListener(_ path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { target in
      guard path.utf8.count < target.count else { return false }
      target.copyBytes(from: path.utf8)
      return true
    }
    guard fits else { return false }
    // Nonblocking: a listener with a full backlog answers EAGAIN, and is a listener nevertheless.
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { _ = Glibc.close(descriptor) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    return result == 0 || errno == EAGAIN
  }
}
