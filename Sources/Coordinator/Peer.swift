import Transport
import Wire

/// A registered worker and its connection.
struct Peer {
  let id: PeerID
  let registration: WorkerRegistration
  /// The key it proved to hold; nil in a cluster without keys.
  let key: PublicKey?
}
