import Cluster
import Core
import Scheduling
import Transport
import Wire

/// What the cluster driver knows: members, plans, and the connections to workers. Guarded by the driver's lock.
struct DriverState {
  var control: ClusterControl
  /// Registered workers, by name.
  var peers: [String: Peer] = [:]
  /// Operators' tools that wait for a worker to be drained, by its name.
  var drainAskers: [String: [PeerID]] = [:]
  /// Set when the workers that joined cannot hold the model.
  var infeasiblePlan: InfeasiblePlan?
  /// The link to the first stage of the plan that is rolled out, once it can be reached.
  var nextLink: SocketID?
  /// The last epoch that served: stages keep the sequences they have of it.
  var servedEpoch: PlanEpoch?
  /// Sequences that workers of the plan that is rolled out still have, as they reported.
  var held: [String: [ResidentSequence]] = [:]
  var loadReports = ProgressThrottle()
  var notices = PeerNotices()
  var metrics: ClusterMetrics
  var history = ClusterHistory()

  init(control: ClusterControl, metrics: ClusterMetrics) {
    self.control = control
    self.metrics = metrics
  }

  var availability: Availability {
    Availability(takesRequests: control.takesRequests, readiness: readiness)
  }

  private var readiness: EngineReadiness {
    switch control.phase {
    case .gathering(let present, let needed): return .loading("\(present) of \(needed) workers have joined")
    case .rollingOut(.loading(let fractions)):
      let share = fractions.reduce(0, +) / Double(max(1, fractions.count))
      return .loading("weights are \(Int(share * 10) * 10) % loaded", fraction: share)
    case .rollingOut: return .loading("workers are being given their layers")
    case .serving: return .ready
    case .recovering(let reason): return .loading("workers are missing: \(reason)")
    case .failed(let reason): return .failed(reason)
    }
  }

  func name(of peer: PeerID) -> String? { peers.first { $0.value.id == peer }?.key }

  /// Members that serve weights to others, by name.
  var sharingPeers: [String: Peer] {
    peers.filter { name, peer in
      !peer.registration.weightsEndpoint.isEmpty && control.membership[name].map { $0.status != .dead } ?? false
    }
  }

  /// Notices for standbys while a plan serves.
  mutating func standbyNotices(_ maker: AssignmentMaker) -> [PeerNotices.Notice] {
    guard case .serving = control.phase, let plan = control.plan else { return [] }
    let standbys = sharingPeers.filter { name, _ in
      control.membership[name]?.status == .alive && !plan.stages.contains { $0.worker == name }
    }
    return notices.stages(of: plan, control.epoch, standbys: standbys, maker)
  }
}
