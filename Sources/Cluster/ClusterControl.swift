package import Core

/// The cluster as one value: its members, the plan in force, and what follows when either changes.
///
/// `ClusterState` draws the states. Each plan is an epoch; every frame carries it. After a loss a standby takes the
/// lost stage at once; without one, the control waits a moment for a replacement, then the other workers share the
/// layers. When no plan fits the workers present, requests wait for `capacityWait` and are then ended. The owner
/// performs the actions.
package struct ClusterControl: Sendable {
  package let settings: ClusterSettings
  package internal(set) var membership: Membership
  package internal(set) var epoch: PlanEpoch
  var state: ClusterState
  /// What members offer a plan.
  var pool: PlanPool
  /// Whether a plan has ever served.
  var hasServed = false
  /// The version of the last plan question.
  var questionVersion: UInt64 = 0

  /// - Parameter firstEpoch: drawn at random by the owner, so that frames of a predecessor's epochs are dropped.
  package init(settings: ClusterSettings, planner: LayerPlanner, firstEpoch: PlanEpoch, now: Duration) {
    self.settings = settings
    pool = PlanPool(settings: settings, planner: planner)
    membership = Membership(timeouts: settings.timeouts)
    epoch = firstEpoch
    state = .gathering(Outage(since: now))
  }

  /// Takes a worker in.
  /// - Parameter links: what it has measured to others before, by their names.
  /// - Throws: why it may not join.
  package mutating func register(
    _ worker: WorkerResources, links: [String: WorkerLink] = [:], incarnation: UInt64, now: Duration
  ) throws(RegistrationRefusal) -> [ClusterAction] {
    let events = try membership.register(name: worker.name, incarnation: incarnation, now: now)
    var actions = events.flatMap { follow($0, now: now) }
    if events.contains(.joined(worker.name)) {
      pool.insert(worker, links: links, now: now)
      actions += considerPlan(now: now)
    }
    return actions
  }

  /// Handles one event and returns the actions that follow, in order.
  package mutating func event(_ event: ClusterEvent, now: Duration) -> [ClusterAction] {
    switch event {
    case .heartbeat(let worker, let incarnation, let status):
      return membership.heartbeat(name: worker, incarnation: incarnation, status: status, now: now)
        .flatMap { follow($0, now: now) }
    case .loadProgress(let worker, let epoch, let fraction):
      return report(.loadProgress(worker: worker, fraction: fraction), of: epoch, now: now)
    case .stageReady(let worker, let epoch):
      return report(.stageReady(worker: worker), of: epoch, now: now)
    case .stageFailed(let worker, let epoch, let reason):
      return report(.stageFailed(worker: worker, reason: reason), of: epoch, now: now)
    case .left(let worker, let reason):
      return membership.left(name: worker).isEmpty
        ? [] : lost(worker, .unrelated, reason: "worker \(worker) left: \(reason)", now: now)
    case .linkBroke(let worker):
      return membership.disconnected(name: worker).flatMap { follow($0, now: now) }
    case .linkMeasured(let worker, let peer, let link):
      if membership[worker] != nil, membership[peer] != nil { pool.insert(link, of: worker, to: peer) }
      return []
    case .drain(let worker):
      return membership.drain(name: worker).flatMap { follow($0, now: now) }
    case .pipelineFailed(let epoch, let cause, let reason):
      return epoch == self.epoch && state.isServing ? interrupt(cause, reason, now: now) : []
    case .planned(let answer):
      return take(answer, now: now)
    case .tick(let load):
      return tick(load, now: now)
    }
  }

  package var phase: ClusterPhase {
    switch state {
    case .failed(let reason): .failed(reason)
    case .serving: .serving
    case .rollingOut(let plan, _): .rollingOut(plan.rollout.phase)
    case .gathering(let outage), .planning(let outage, _):
      outage.reason.map { .recovering(reason: $0) }
        ?? .gathering(present: candidates.count, needed: settings.neededWorkerCount)
    }
  }

  /// The layers of the plan that is rolled out or serves.
  package var plan: LayerPlan? { state.plan?.layers }

  /// Between members, as far as they have measured them.
  package var links: WorkerLinks { pool.links }

  /// Whether requests are admitted: the cluster serves, or is expected to serve again.
  package var takesRequests: Bool {
    switch state {
    case .serving: true
    case .gathering(let outage), .planning(let outage, _), .rollingOut(_, let outage):
      hasServed && !outage.hasGivenUp
    case .failed: false
    }
  }

  /// Members that may get layers, in the order they joined.
  var candidates: [String] { pool.candidates(membership.members) }
}
