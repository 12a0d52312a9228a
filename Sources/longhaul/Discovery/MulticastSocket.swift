import Glibc

/// A datagram socket for multicast DNS over IPv4. Its owner calls it from one thread at a time.
final class MulticastSocket: Sendable {
  /// The group of multicast DNS, which no router forwards (RFC 6762, 3).
  static let group = IPv4Address(value: 0xE000_00FB)

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  struct Datagram {
    let bytes: [UInt8]
    let sender: IPv4Address
    let port: UInt16
  }

  private let descriptor: Int32
  /// Those that reach a link with others on it.
  private let interfaces: [Int32]

  /// - Parameter isListening: whether it takes what is sent to the group; another only takes answers to its questions.
  init(isListening: Bool) throws(Failure) {
    let interfaces = Self.linkInterfaces()
    guard !interfaces.isEmpty else { throw Failure(description: "no network interface takes multicast over IPv4") }
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Self.failure("open a socket") }
    (self.descriptor, self.interfaces) = (descriptor, interfaces)
    set(IPPROTO_IP, IP_MULTICAST_TTL, 255)
    guard isListening else { return }
    // Other programs of this machine answer at the same port.
    set(Int(SOL_SOCKET), SO_REUSEADDR, 1)
    set(Int(SOL_SOCKET), SO_REUSEPORT, 1)
    // Bound to the group, it takes nothing that comes from beyond the link.
    var address = Self.address(Self.group, CoordinatorService.resolverPort)
    let isBound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isBound else { throw Self.failure("bind the port \(CoordinatorService.resolverPort)") }
    for interface in interfaces {
      var membership = Self.membership(interface)
      guard
        setsockopt(
          descriptor, Int32(IPPROTO_IP), IP_ADD_MEMBERSHIP, &membership, socklen_t(MemoryLayout<ip_mreqn>.size)) == 0
      else { throw Self.failure("join the group of multicast DNS") }
    }
  }

  deinit { close(descriptor) }

  /// Sends to all on every link. What cannot be sent is lost, as any datagram may be.
  func sendToAll(_ bytes: [UInt8]) {
    for interface in interfaces {
      var membership = Self.membership(interface)
      setsockopt(
        descriptor, Int32(IPPROTO_IP), IP_MULTICAST_IF, &membership, socklen_t(MemoryLayout<ip_mreqn>.size))
      send(bytes, to: Self.group, port: CoordinatorService.resolverPort)
    }
  }

  func send(_ bytes: [UInt8], to host: IPv4Address, port: UInt16) {
    var address = Self.address(host, port)
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = sendto(
          descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT), $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  /// The next datagram; nil when none comes in time. Longer ones than a message may be are cut.
  func receive(withinMilliseconds limit: Int32) -> Datagram? {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&request, 1, limit) == 1 else { return nil }
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bytes = [UInt8](unsafeUninitializedCapacity: DNSMessage.maximumByteCount) { buffer, count in
      count = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          max(0, recvfrom(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT), $0, &length))
        }
      }
    }
    return Datagram(
      bytes: bytes, sender: IPv4Address(value: UInt32(bigEndian: address.sin_addr.s_addr)),
      port: UInt16(bigEndian: address.sin_port))
  }

  private func set(_ level: Int, _ option: Int32, _ value: Int32) {
    var value = value
    setsockopt(descriptor, Int32(level), option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func address(_ host: IPv4Address, _ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = host.value.bigEndian
    address.sin_port = port.bigEndian
    return address
  }

  private static func membership(_ interface: Int32) -> ip_mreqn {
    var membership = ip_mreqn()
    membership.imr_multiaddr.s_addr = group.value.bigEndian
    membership.imr_ifindex = interface
    return membership
  }

  private static func failure(_ what: String) -> Failure {
    Failure(description: "cannot \(what): \(String(cString: strerror(errno)))")
  }

  private static func linkInterfaces() -> [Int32] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var found: [Int32] = []
    for entry in sequence(first: list, next: { $0?.pointee.ifa_next }).compactMap({ $0?.pointee }) {
      let flags = Int32(bitPattern: entry.ifa_flags)
      let wanted = Int32(IFF_UP | IFF_MULTICAST)
      guard entry.ifa_addr?.pointee.sa_family == sa_family_t(AF_INET), flags & wanted == wanted,
        flags & Int32(IFF_LOOPBACK) == 0
      else { continue }
      let index = Int32(if_nametoindex(entry.ifa_name))
      if index > 0, !found.contains(index) { found.append(index) }
    }
    return found
  }
}
