import Foundation
import Glibc
import Synchronization

/// What a cable does to packets, in either direction alike.
struct CableQuality: Sendable {
  /// From one end to the other.
  var delay = Duration.zero
  /// Share of the packets that are dropped.
  var loss = 0.0
  /// Nil for as much as this machine can carry. Packets queue for a tenth of a second, then they are dropped.
  var megabitsPerSecond: Double?
}

/// A cable that is slow, narrow and loses packets: two network devices of this process (`/dev/net/tun`), between which
/// a thread carries every packet later, or drops it. The devices vanish with this object, or with the network
/// namespaces they are moved to.
final class LossyCable: Sendable {
  private let quality: CableQuality
  private let ends: (Int32, Int32)
  private let state = Mutex((hasEnded: false, isCut: false))

  /// Nil where such devices cannot be made.
  init?(names: (String, String), quality: CableQuality) {
    guard let first = Self.device(names.0) else { return nil }
    guard let second = Self.device(names.1) else {
      close(first)
      return nil
    }
    (ends, self.quality) = ((first, second), quality)
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

  /// From now on every packet vanishes, those under way too, without a sign to either end, until it is mended.
  func setCut(_ isCut: Bool) { state.withLock { $0.isCut = isCut } }

  private func carryUntilEnd() {
    var lanes = [Lane(from: ends.0, to: ends.1, quality), Lane(from: ends.1, to: ends.0, quality)]
    while case let now = state.withLock({ $0 }), !now.hasEnded {
      var waits = [ends.0, ends.1].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      poll(&waits, 2, lanes.allSatisfy(\.isEmpty) ? 20 : 1)
      for index in lanes.indices {
        lanes[index].take()
        if now.isCut { lanes[index].lose() }
        lanes[index].give()
      }
    }
  }
}

/// One direction of a cable.
private struct Lane {
  private let from: Int32
  private let to: Int32
  private let quality: CableQuality
  /// In the order they are due; those before `next` have been given.
  private var underWay: [(due: ContinuousClock.Instant, packet: [UInt8])] = []
  private var next = 0
  /// When the last packet has been put on the cable.
  private var freeAt = ContinuousClock.now
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private static let longestQueue = Duration.milliseconds(100)

  init(from: Int32, to: Int32, _ quality: CableQuality) {
    (self.from, self.to, self.quality) = (from, to, quality)
  }

  var isEmpty: Bool { next == underWay.count }

  mutating func take() {
    while case let count = read(from, &buffer, buffer.count), count > 0 {
      let now = ContinuousClock.now
      freeAt = max(freeAt, now)
      if Double.random(in: 0..<1) < quality.loss || freeAt - now > Self.longestQueue { continue }
      if let rate = quality.megabitsPerSecond { freeAt += .microseconds(Double(count * 8) / rate) }
      underWay.append((freeAt + quality.delay, Array(buffer[0..<count])))
    }
  }

  /// What is under way vanishes.
  mutating func lose() { next = underWay.count }

  mutating func give() {
    while next < underWay.count, underWay[next].due <= .now {
      _ = underWay[next].packet.withUnsafeBytes { Glibc.write(to, $0.baseAddress, $0.count) }
      next += 1
    }
    guard next == underWay.count || next >= 1024 else { return }
    underWay.removeFirst(next)
    next = 0
  }
}
