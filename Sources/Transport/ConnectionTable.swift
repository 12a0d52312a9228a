/// Which peer of a router socket uses which connection, so that a broken connection can be reported with its peer.
///
/// libzmq names connections by their file descriptor, in messages as well as when they break. The system reuses the
/// number of a closed one. So a message of another peer over a known number means that the end of the first connection
/// is not yet reported; that report must not be taken for the second connection's.
struct ConnectionTable {
  private var peers: [Int32: PeerID] = [:]
  private var staleEnds: [Int32: Int] = [:]

  /// A message arrived. Returns the peer that has therefore left, if any.
  mutating func heard(_ peer: PeerID, over descriptor: Int32) -> PeerID? {
    guard let former = peers.updateValue(peer, forKey: descriptor), former != peer else { return nil }
    staleEnds[descriptor, default: 0] += 1
    return former
  }

  /// A connection broke. Returns its peer; nil when it carried no message, or its end is known already.
  mutating func ended(_ descriptor: Int32) -> PeerID? {
    if let stale = staleEnds[descriptor] {
      staleEnds[descriptor] = stale > 1 ? stale - 1 : nil
      return nil
    }
    return peers.removeValue(forKey: descriptor)
  }
}
