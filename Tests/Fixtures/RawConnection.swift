import Glibc

/// A TCP connection to loopback that is no socket of the program's, open as long as the value lives. Its calls block;
/// any thread may make them.
package final class RawConnection: Sendable {
  private let descriptor: Int32

  /// Connects, and sends these bytes at once. Nil where no server listens.
  /// - Parameters:
  ///   - patience: seconds that one call may wait for the other side.
  ///   - receiveBuffer: bytes the system may keep of what is not read; its own choice unless given.
  package init?(port: UInt16, saying bytes: [UInt8] = [], patience: Int = 30, receiveBuffer: Int32? = nil) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    if var size = receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    var limit = timeval(tv_sec: patience, tv_usec: 0)
    for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { return nil }
    send(bytes)
  }

  deinit { close(descriptor) }

  /// False when the other side has hung up, or does not read.
  @discardableResult
  package func send(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } == bytes.count
  }

  @discardableResult
  package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// Closes this side, which says that nothing more is sent.
  package func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// What comes next; nothing when the other side has hung up, or says nothing for too long.
  package func receive() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return Array(buffer.prefix(max(0, count)))
  }

  /// Whether the other side hangs up by then, whatever it says before.
  package func isClosedByPeer(within milliseconds: Int32 = 0) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&wanted, 1, milliseconds) > 0 {
      if recv(descriptor, &buffer, buffer.count, 0) <= 0 { return true }
    }
    return false
  }
}
