package import Core

/// The cluster as one value: who is in it, which plan is in force, and what happens when that changes.
///
///     gathering --enough workers, and a plan fits--> rolling out --all stages ready--> serving
///     rolling out, serving --a worker of the plan is lost, or its steps stand still--> gathering
///
/// Each plan is an epoch; every frame bears it. After a loss a spare takes the lost stage at once; without one, a
/// replacement is waited for a moment, then the others share the layers. When no plan fits the workers that are there,
/// requests wait for `capacityWait` and are then given up. The owner performs the actions.
package struct ClusterControl: Sendable {
  package struct Settings: Hashable, Sendable {
    /// Workers to wait for before the first plan, and to plan over where there are as many.
    package var neededWorkerCount: Int
    package var timeouts = Membership.Timeouts(
      suspectAfter: .milliseconds(750), deadAfter: .milliseconds(1500), hungAfter: .seconds(2))
    /// How long a stage may load without getting on.
    package var stallLimit = Duration.seconds(60)
    /// Whether other workers may come, or the same in better shape: before the cluster has ever served, one that cannot
    /// hold its stage is passed over then, and ends the cluster otherwise.
    package var awaitsOthers = true
    /// How long a worker that could not hold its stage is passed over, while no plan can do without it.
    package var excludedFor = Duration.seconds(10)
    /// How long a lost worker's replacement is waited for before the others share its layers.
    package var replacementWait = Duration.milliseconds(400)
    /// How long a coordinator that finds workers with loaded layers waits for more of them before it takes others: they
    /// knock every 2 s at least.
    package var returnWait = Duration.milliseconds(2500)
    /// How long requests wait for workers enough to go on.
    package var capacityWait = Duration.seconds(60)
    /// How long a cluster under load serves with fewer workers than there are, before it is planned anew.
    package var growAfter = Duration.seconds(30)
    /// How long a step may be under way while no stage has one in hand: a frame was lost, or a link is cut.
    package var quietLimit = Duration.seconds(3)

    package init(neededWorkerCount: Int) { self.neededWorkerCount = neededWorkerCount }
  }

  package enum Event: Hashable, Sendable {
    case heartbeat(worker: String, incarnation: UInt64, HeartbeatStatus)
    case loadProgress(worker: String, PlanEpoch, fraction: Double)
    case stageReady(worker: String, PlanEpoch)
    case stageFailed(worker: String, PlanEpoch, reason: String)
    case left(worker: String, reason: String)
    case linkBroke(worker: String)
    /// The worker is to give its layers up; it is dismissed once it has none.
    case drain(worker: String)
    /// A step could not be computed, or sent: everything is read again under the next epoch.
    case pipelineFailed(PlanEpoch, reason: String)
    case tick(Load)
  }

  /// What the owner knows of the work, for decisions that depend on it.
  package struct Load: Hashable, Sendable {
    /// No request runs or waits.
    package var isIdle: Bool
    /// When the pipeline last got on (a step sent into an empty pipeline, a result); nil when nothing is under way.
    package var lastStep: Duration?

    package init(isIdle: Bool, lastStep: Duration?) {
      self.isIdle = isIdle
      self.lastStep = lastStep
    }
  }

  package enum Action: Hashable, Sendable {
    /// Tell every worker of the plan its layers.
    case assign(LayerPlan, PlanEpoch)
    /// All stages are ready: requests go on, or begin.
    case serve
    /// The plan is over: no more steps, results of its epoch are void.
    case interrupt(InterruptionCause, reason: String)
    /// Requests have waited long enough for workers; end them with the reason.
    case giveUp(reason: String)
    /// Waiting longer cannot help. Only before the cluster has ever served.
    case fail(reason: String, InfeasiblePlan?)
    /// The worker has nothing more to do here: tell it to stop.
    case dismiss(worker: String, reason: String)
    /// The worker is counted out: should it still live, it must forget its sequences and register anew.
    case evict(worker: String, reason: String)
    /// Something worth a line in the log.
    case note(String)
  }

  package let settings: Settings
  package let planner: LayerPlanner
  package internal(set) var membership: Membership
  package internal(set) var epoch: PlanEpoch
  /// The plan that is rolled out or serves.
  package internal(set) var plan: LayerPlan?
  var rollout: PlanRollout?
  var resources: [String: WorkerResources] = [:]
  /// Workers of the last plan in the order of its stages, so that those who stay keep their layers.
  var lastStages: [String] = []
  /// Workers the plan in force was made over, also those it left out.
  var offered: Set<String> = []
  /// Workers that could not hold their stage, and since when: until they register anew, or cannot be done without.
  var unfit: [String: Duration] = [:]
  /// When the first worker came that has layers loaded from before.
  var returnsSince: Duration?
  /// Since when there has been no serving plan; the moment of the loss.
  var gatheringSince: Duration
  var servingSince: Duration?
  var hasServed = false
  var hasGivenUp = false
  /// Why the workers present cannot hold the model, told once.
  var shortage: String?
  /// Why the last plan ended.
  var lastReason: String?
  /// Set for good by `Action.fail`.
  var failure: String?

  /// - Parameter firstEpoch: drawn at random by the owner, so that frames of a predecessor's epochs are not taken.
  package init(settings: Settings, planner: LayerPlanner, firstEpoch: PlanEpoch, now: Duration) {
    self.settings = settings
    self.planner = planner
    membership = Membership(timeouts: settings.timeouts)
    epoch = firstEpoch
    gatheringSince = now
  }

  /// Takes a worker in. Throws why it may not join.
  package mutating func register(
    _ worker: WorkerResources, incarnation: UInt64, now: Duration
  ) throws(RegistrationRefusal) -> [Action] {
    let events = try membership.register(name: worker.name, incarnation: incarnation, now: now)
    var actions = events.flatMap { follow($0, now: now) }
    if events.contains(.joined(worker.name)) {
      resources[worker.name] = worker
      unfit[worker.name] = nil
      if worker.loadedLayers != nil, returnsSince == nil { returnsSince = now }
      actions += considerPlan(now: now)
    }
    return actions
  }

  /// Takes one event and returns what is to be done, in order.
  package mutating func event(_ event: Event, now: Duration) -> [Action] {
    switch event {
    case .heartbeat(let worker, let incarnation, let vitals):
      return membership.heartbeat(name: worker, incarnation: incarnation, vitals: vitals, now: now)
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
    case .drain(let worker):
      return membership.drain(name: worker).flatMap { follow($0, now: now) }
    case .pipelineFailed(let epoch, let reason):
      return epoch == self.epoch && rollout?.phase == .ready ? interrupt(.stepLost, reason, now: now) : []
    case .tick(let load):
      return tick(load, now: now)
    }
  }

  package enum Phase: Hashable, Sendable {
    case gathering(present: Int, needed: Int)
    case rollingOut(PlanRollout.Phase)
    case serving
    /// The cluster has served, or was about to, and waits for workers; the reason says what was lost.
    case recovering(reason: String)
    case failed(String)
  }

  package var phase: Phase {
    if let failure { return .failed(failure) }
    if let rollout { return rollout.phase == .ready ? .serving : .rollingOut(rollout.phase) }
    if hasServed || !lastStages.isEmpty { return .recovering(reason: lastReason ?? "workers are missing") }
    return .gathering(present: candidates.count, needed: settings.neededWorkerCount)
  }

  /// Whether requests may be taken: the cluster serves, or is about to again.
  package var takesRequests: Bool { hasServed && !hasGivenUp && failure == nil }

  /// Living workers fit to be given layers, in the order they joined.
  var candidates: [String] {
    membership.members.filter { $0.status == .alive && unfit[$0.name] == nil && resources[$0.name] != nil }
      .map(\.name)
  }
}
