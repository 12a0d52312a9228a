import Glibc

/// The connections that a bound socket has accepted, by their descriptors. libzmq accepts every connection; the limit
/// is here.
///
/// The loop closes connections beyond the limit as soon as libzmq reports them, so for a moment there may be a few
/// more.
struct AcceptedConnections {
  /// Enough for the largest cluster, and at most an eighth of the process's descriptors: without a free descriptor
  /// libzmq's listeners spin, and other parts of it end the process.
  static let usualLimit: Int = {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 128 }
    return min(512, max(16, Int(clamping: limit.rlim_cur) / 8))
  }()

  let limit: Int
  private var open: Set<Int32> = []
  /// Beyond the limit, and not yet closed.
  private(set) var excess: Set<Int32> = []

  init(limit: Int) { self.limit = limit }

  var count: Int { open.count }

  mutating func accepted(_ descriptor: Int32) {
    open.insert(descriptor)
    if open.count > limit { excess.insert(descriptor) }
  }

  mutating func ended(_ descriptor: Int32) {
    open.remove(descriptor)
    excess.remove(descriptor)
  }

  /// Connections to close now; libzmq will report their ends.
  mutating func takeExcess() -> Set<Int32> {
    defer { excess = [] }
    return excess
  }

  /// Shuts down a connection of libzmq, which then finds that its peer has left. The descriptor may have another owner
  /// by now: only a connection to `port` is touched.
  static func shutDown(_ descriptor: Int32, port: UInt16) {
    var address = sockaddr_storage()
    var byteCount = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let found = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &byteCount) }
    }
    guard found == 0 else { return }
    let local: in_port_t? = withUnsafePointer(to: &address) { pointer in
      switch Int32(pointer.pointee.ss_family) {
      case AF_INET: pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_port }
      case AF_INET6: pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { $0.pointee.sin6_port }
      default: nil
      }
    }
    guard local == port.bigEndian else { return }
    shutdown(descriptor, Int32(SHUT_RDWR))
  }
}
