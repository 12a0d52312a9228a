import Dispatch
import Glibc
import Synchronization
import Transport

/// Things that arrive on another thread, waited for with a deadline.
final class Mailbox<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])
  private let arrivals = DispatchSemaphore(value: 0)

  func put(_ element: Element) {
    elements.withLock { $0.append(element) }
    arrivals.signal()
  }

  /// The next one, or nil when none comes in time.
  func next(seconds: Int = 20) -> Element? {
    guard arrivals.wait(timeout: .now() + .seconds(seconds)) == .success else { return nil }
    return elements.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }

  /// The next `count`, or fewer when they do not come in time.
  func next(_ count: Int) -> [Element] {
    for _ in 0..<count {
      guard arrivals.wait(timeout: .now() + .seconds(20)) == .success else { break }
    }
    return elements.withLock { elements in
      defer { elements.removeFirst(min(count, elements.count)) }
      return Array(elements.prefix(count))
    }
  }

  var count: Int { elements.withLock(\.count) }
}

/// What a socket received.
struct Received: Sendable {
  let message: Message
  let peer: PeerID?

  var bytes: [[UInt8]] { message.frames.map(\.array) }
  /// The first frame as a number.
  var number: UInt64? {
    message.frames.first.flatMap { $0.count == 8 ? $0.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) } : nil }
  }
}

extension Frame {
  var array: [UInt8] { withUnsafeBytes { Array($0) } }

  convenience init(number: UInt64) {
    self.init((0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) })
  }

  func hasSameBytes(as other: Frame) -> Bool {
    withUnsafeBytes { mine in
      other.withUnsafeBytes { theirs in
        guard mine.count == theirs.count, let left = mine.baseAddress, let right = theirs.baseAddress else {
          return mine.count == theirs.count
        }
        return memcmp(left, right, mine.count) == 0
      }
    }
  }
}

extension SocketLoop {
  /// Opens a socket whose messages go to the mailbox.
  func open(_ specification: SocketSpecification, into mailbox: Mailbox<Received> = Mailbox()) throws -> SocketID {
    try open(specification) { mailbox.put(Received(message: $0, peer: $1)) }
  }
}

/// A path no other test uses; the file is the socket's to remove.
func uniquePath() -> String {
  "/tmp/longhaul-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
}

func ipc() throws -> Endpoint { try Endpoint("ipc://\(uniquePath())") }
func anyPort() throws -> Endpoint { try Endpoint("tcp://127.0.0.1:0") }
