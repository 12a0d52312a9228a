import Foundation
import Transport
import Wire

/// A connection of its own to the coordinator, over which one stage's weights come. Used by the compute thread while it
/// loads; what comes waits here, bounded: more than was asked for is dropped.
final class WeightsLine: Sendable {
  enum Arrival: Sendable {
    /// Connected anew: what was asked before may have been lost.
    case reconnected
    /// What the coordinator said, and the bytes it sent with it.
    case message(CoordinatorMessage, Frame?)
  }

  private let loop: SocketLoop
  private let socket: SocketID
  private let inbox = Inbox()

  /// - Throws: `TransportError`.
  init(loop: SocketLoop, specification: SocketSpecification) throws {
    self.loop = loop
    socket = try loop.open(
      specification,
      onMessage: { [inbox] message, _ in
        // What cannot be read was never asked for.
        guard let first = message.frames.first,
          let decoded = try? first.withUnsafeBytes({ try CoordinatorMessage(decoding: $0) })
        else { return }
        inbox.put(.message(decoded, message.frames.dropFirst().first))
      },
      onPeerEvent: { [inbox] event in if case .connected = event { inbox.noteConnection() } })
  }

  /// Asks; what is lost is asked again by whoever waits for it.
  func ask(_ message: WorkerMessage) {
    try? loop.send(Message(frames: [Frame(message.encoded())]), on: socket)
  }

  /// The next arrival, or nil when none comes within so many seconds.
  func next(within seconds: Double) -> Arrival? { inbox.take(within: seconds) }

  func close() { loop.close(socket) }

  private final class Inbox: @unchecked Sendable {
    // Safety: touched under the condition's lock only.
    private let condition = NSCondition()
    private var arrivals: [Arrival] = []
    private var hasConnected = false
    private static let capacity = 64

    func put(_ arrival: Arrival) {
      condition.withLock {
        guard arrivals.count < Self.capacity else { return }
        arrivals.append(arrival)
        condition.signal()
      }
    }

    func noteConnection() {
      let isFirst = condition.withLock {
        defer { hasConnected = true }
        return !hasConnected
      }
      if !isFirst { put(.reconnected) }
    }

    func take(within seconds: Double) -> Arrival? {
      condition.withLock {
        let end = Date(timeIntervalSinceNow: seconds)
        while arrivals.isEmpty {
          guard condition.wait(until: end) else { break }
        }
        return arrivals.isEmpty ? nil : arrivals.removeFirst()
      }
    }
  }
}
