import Cluster
import Core
import Transport
import Wire

/// What reaches the cluster driver, from the socket thread, the token path, the planner and the clock.
enum DriverEvent: Sendable {
  /// With the key that the sender proved to hold; nil in a cluster without keys.
  case worker(WorkerMessage, PeerID, PublicKey?)
  /// A connection broke.
  case gone(PeerID)
  /// A message that cannot be read, such as one of another protocol version.
  case stranger(PeerID, reason: String)
  /// A stage could not compute the oldest step in flight.
  case stepFailed(PlanEpoch, reason: String)
  /// A step, or its result, is lost on the way.
  case stepLost(PlanEpoch, reason: String)
  case planned(PlanAnswer)
  case tick
  case stop(reason: String)
}
