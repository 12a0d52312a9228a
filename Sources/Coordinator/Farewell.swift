package import Transport

/// The end of a coordinator, as a value: whom it still waits for before it closes its sockets.
///
/// A worker that does not hear of the end waits for the next coordinator, for as long as its operator said. So whoever
/// speaks during the end is told, known or not, and the coordinator stays until every connection it told over has
/// closed. When a worker was counted out and may be on its way back, or one that was told does not go, it stays for the
/// grace.
package struct Farewell: Sendable {
  private var waitsFor: Set<PeerID>
  private let mayReturn: Bool
  private var end: Duration

  /// - Parameters:
  ///   - peers: the connections of all members, who have been told.
  ///   - mayReturn: whether workers are known that have lost their connection or were counted out.
  package init(peers: Set<PeerID>, mayReturn: Bool, grace: Duration, now: Duration) {
    waitsFor = peers
    self.mayReturn = mayReturn
    end = now + grace
  }

  /// Somebody spoke and is told.
  package mutating func told(_ peer: PeerID) { waitsFor.insert(peer) }

  package mutating func gone(_ peer: PeerID) { waitsFor.remove(peer) }

  /// Nobody is waited for any more.
  package mutating func hurry() { end = .zero }

  package func isOver(now: Duration) -> Bool { now >= end || (waitsFor.isEmpty && !mayReturn) }
}
