import Core
import Transport
import Wire

/// What a worker's service handles, one event after the other.
enum WorkerEvent: Sendable {
  case coordinator(CoordinatorMessage)
  /// An assignment has a value that no worker takes.
  case unreadableAssignment(PlanEpoch, reason: String)
  /// The coordinator speaks another protocol version.
  case incompatible(String)
  case connection(PeerEvent)
  case stage(PlanEpoch, StageRunner.Report)
  case loader(PlanEpoch, StageLoader.Report)
  case link(MeasuredLink)
  case tick
  case drain(reason: String)
  case stop(reason: String)
}
