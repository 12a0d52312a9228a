/// Which peer of a router socket speaks over which connection, so that a broken one can be told by the peer's name.
///
/// libzmq names connections by their file descriptor, in messages as well as when they break; the system gives a closed
/// one's number to the next. So a message of another peer over a known number means that the news of the first one's
/// end is still under way, and must not be taken for the second one's.
struct ConnectionTable {
  private var peers: [Int32: PeerID] = [:]
  private var staleEnds: [Int32: Int] = [:]

  /// A message came. Returns the peer that this shows to be gone, if any.
  mutating func heard(_ peer: PeerID, over descriptor: Int32) -> PeerID? {
    guard let former = peers.updateValue(peer, forKey: descriptor), former != peer else { return nil }
    staleEnds[descriptor, default: 0] += 1
    return former
  }

  /// A connection broke. Returns the peer that spoke over it; nil when nobody did, or its end is known already.
  mutating func ended(_ descriptor: Int32) -> PeerID? {
    if let stale = staleEnds[descriptor] {
      staleEnds[descriptor] = stale > 1 ? stale - 1 : nil
      return nil
    }
    return peers.removeValue(forKey: descriptor)
  }
}
