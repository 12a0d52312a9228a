import Glibc

/// A socket of the Unix domain that takes datagrams of text. Closed with the value.
final class NotifySocket: Sendable {
  private let descriptor: Int32

  /// - Parameter path: of the file system, or after an @ of the abstract name space. Nil where nothing is there.
  init?(path: String) {
    let name = Array(path.utf8)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard let first = name.first, [UInt8(ascii: "/"), UInt8(ascii: "@")].contains(first),
      name.count < MemoryLayout.size(ofValue: address.sun_path)
    else { return nil }
    withUnsafeMutableBytes(of: &address.sun_path) { place in
      place.copyBytes(from: name)
      if first == UInt8(ascii: "@") { place[0] = 0 }
    }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    // READY is said once: it waits for a reader that is behind, but never for one that hangs.
    var limit = timeval(tv_sec: 0, tv_usec: 200_000)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    // An abstract name ends where the address does.
    let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count + (first == UInt8(ascii: "@") ? 0 : 1))
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) == 0 }
    }
    guard isConnected else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// A datagram that is not taken within a moment is lost.
  func send(_ text: String) {
    let bytes = Array(text.utf8)
    _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }
}
