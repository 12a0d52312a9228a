package import Transport

/// The shutdown of a coordinator, as a value: which workers it still waits for before it closes its sockets.
///
/// A worker that misses the shutdown waits for the next coordinator, as long as its operator set. So every worker that
/// sends a message during the shutdown is notified, member or not, and the coordinator stays until each notified
/// connection has closed. It stays for the whole grace when an evicted worker may return, or a notified worker does not
/// leave.
package struct Shutdown: Sendable {
  package let reason: String
  private var waitsFor: Set<PeerID>
  private let mayReturn: Bool
  private var end: Duration

  /// - Parameters:
  ///   - peers: the connections of all members, which are notified.
  ///   - mayReturn: whether workers are known that lost their connection or were evicted.
  package init(reason: String, peers: Set<PeerID>, mayReturn: Bool, grace: Duration, now: Duration) {
    self.reason = reason
    waitsFor = peers
    self.mayReturn = mayReturn
    end = now + grace
  }

  /// A worker sent a message, and is notified.
  package mutating func notified(_ peer: PeerID) { waitsFor.insert(peer) }

  package mutating func gone(_ peer: PeerID) { waitsFor.remove(peer) }

  /// Waits for no worker any more.
  package mutating func hurry() { end = .zero }

  package func isOver(now: Duration) -> Bool { now >= end || (waitsFor.isEmpty && !mayReturn) }
}
