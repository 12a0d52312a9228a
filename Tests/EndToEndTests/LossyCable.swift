import Foundation
import Glibc
import Synchronization

/// A slow cable that loses packets: two network devices of this process (`/dev/net/tun`), between which a thread
/// carries every packet `delay` later, or drops it. The devices vanish with this object, or with the network
/// namespaces they are moved to.
final class LossyCable: Sendable {
  let delay: Duration
  /// Share of the packets that are dropped, in either direction.
  let loss: Double
  private let ends: (Int32, Int32)
  private let state = Mutex((hasEnded: false, isCut: false))

  /// Nil where such devices cannot be made.
  init?(names: (String, String), delay: Duration, loss: Double) {
    guard let first = Self.device(names.0) else { return nil }
    guard let second = Self.device(names.1) else {
      close(first)
      return nil
    }
    (ends, self.delay, self.loss) = ((first, second), delay, loss)
  }

  deinit {
    close(ends.0)
    close(ends.1)
  }

  private static func device(_ name: String) -> Int32? {
    let descriptor = open("/dev/net/tun", O_RDWR | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    var request = [UInt8](repeating: 0, count: 40)
    request.replaceSubrange(0..<name.utf8.count, with: name.utf8)
    // IFF_TUN | IFF_NO_PI: IP packets and nothing before them.
    request[16] = 0x01
    request[17] = 0x10
    let isMade = request.withUnsafeMutableBytes { ioctl(descriptor, 0x4004_54CA, $0.baseAddress!) == 0 }  // TUNSETIFF
    if isMade { return descriptor }
    close(descriptor)
    return nil
  }

  /// Carries packets on a thread of its own until `end`.
  func carry() { Thread { self.carryUntilEnd() }.start() }

  /// The thread ends within some milliseconds.
  func end() { state.withLock { $0.hasEnded = true } }

  /// From now on every packet vanishes, also those under way, and nobody is told; until it is mended.
  func setCut(_ isCut: Bool) { state.withLock { $0.isCut = isCut } }

  private func carryUntilEnd() {
    var underWay: [(due: ContinuousClock.Instant, end: Int32, packet: [UInt8])] = []
    var packet = [UInt8](repeating: 0, count: 1 << 16)
    var next = 0
    while case let now = state.withLock({ $0 }), !now.hasEnded {
      var waits = [ends.0, ends.1].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      poll(&waits, 2, next < underWay.count ? 1 : 20)
      for (from, to) in [(ends.0, ends.1), (ends.1, ends.0)] {
        while case let count = read(from, &packet, packet.count), count > 0 {
          if now.isCut || Double.random(in: 0..<1) < loss { continue }
          underWay.append((.now + delay, to, Array(packet[0..<count])))
        }
      }
      if now.isCut { next = underWay.count }
      while next < underWay.count, underWay[next].due <= .now {
        _ = underWay[next].packet.withUnsafeBytes { Glibc.write(underWay[next].end, $0.baseAddress, $0.count) }
        next += 1
      }
      if next == underWay.count {
        underWay.removeAll(keepingCapacity: true)
        next = 0
      }
    }
  }
}
