import Cluster
import Inference
import Logging
import Scheduling
import Synchronization
import Transport
import Wire

/// The way to a serving cluster: registrations, plan, assignment, loss. Runs on the task of `run` only.
extension ClusterEngine {
  func handle(_ event: Event) {
    switch event {
    case .worker(let message, let peer, let key): handle(message, from: peer, key)
    case .stranger(let peer, let reason):
      logger.warning("message refused", metadata: ["reason": "\(reason)"])
      tell(.refused(reason: reason), peer)
    case .stepFailed(let reason): fail(reason, retries: true)
    case .abandoned(let sequence): cancel(sequence)
    case .tick: tick()
    case .stop: break
    }
  }

  private func handle(_ message: WorkerMessage, from peer: PeerID, _ key: PublicKey?) {
    switch message {
    case .register(let registration):
      register(registration, peer, key)
    case .heartbeat(let heartbeat):
      // A worker whose link was remade registers again; its heartbeat may come first.
      guard let name = name(of: peer) else { return }
      state.withLock { state in
        note(
          state.membership.heartbeat(
            name: name, incarnation: heartbeat.incarnation, progress: heartbeat.progress, now: now))
      }
      tell(.welcome(heartbeatMilliseconds: Self.heartbeatMilliseconds), peer)
    case .loadProgress(let epoch, let fraction):
      advance(epoch, peer) { .loadProgress(worker: $0, fraction: fraction) }
    case .stageReady(let epoch, _, _):
      advance(epoch, peer) { .stageReady(worker: $0) }
    case .stageFailed(let epoch, let reason):
      advance(epoch, peer) { .stageFailed(worker: $0, reason: reason) }
    case .stepFailed(let epoch, _, let reason):
      if epoch == state.withLock({ $0.epoch }) { fail(reason, retries: true) }
    case .leaving(let reason):
      guard let name = name(of: peer) else { return }
      state.withLock { note($0.membership.left(name: name)) }
      lost(name, reason: "worker \(name) left: \(reason)")
    }
  }

  private func name(of peer: PeerID) -> String? {
    state.withLock { $0.peers.first { $0.value.id == peer }?.key }
  }

  private func register(_ registration: WorkerRegistration, _ peer: PeerID, _ key: PublicKey?) {
    let ours = Compatibility(
      protocolVersion: ProtocolVersion.current, numericsID: NumericsID.current, build: configuration.build)
    let theirs = Compatibility(
      protocolVersion: ProtocolVersion.current, numericsID: registration.numericsID, build: registration.build)
    do throws(RegistrationRefusal) {
      if let refusal = ours.refusal(of: theirs, worker: registration.name) { throw refusal }
      if let allowed = key.flatMap({ configuration.keys?.workerName($0) }), allowed != registration.name {
        throw RegistrationRefusal.otherName(claimed: registration.name, allowed: allowed)
      }
      try state.withLock { state throws(RegistrationRefusal) in
        note(
          try state.membership.register(
            name: registration.name, incarnation: registration.incarnation, now: now))
        state.peers[registration.name] = EngineState.Peer(id: peer, registration: registration, key: key)
      }
    } catch {
      logger.warning("worker refused", metadata: ["worker": "\(registration.name)", "reason": "\(error)"])
      return tell(.refused(reason: "\(error)"), peer)
    }
    tell(.welcome(heartbeatMilliseconds: Self.heartbeatMilliseconds), peer)
    perform(state.withLock { $0.rollout.event(.workerJoined(registration.name), now: now) })
  }

  private func advance(_ epoch: PlanEpoch, _ peer: PeerID, _ event: (String) -> PlanRollout.Event) {
    guard let name = name(of: peer) else { return }
    perform(state.withLock { $0.epoch == epoch ? $0.rollout.event(event(name), now: now) : [] })
  }

  private func tick() {
    let now = now
    let (events, actions, stalled) = state.withLock { state in
      let stalled =
        (state.scheduler?.counts.stepsInFlightCount ?? 0) > 0
        && now - lastProgress(state) >= Self.stallLimit
      return (state.membership.tick(now: now), state.rollout.event(.tick, now: now), stalled)
    }
    note(events)
    perform(actions)
    for case .dead(let name, let reason) in events { lost(name, reason: reason) }
    if stalled { fail("no stage has got on with its step for \(Self.stallLimit)", retries: true) }
  }

  /// When a step was last sent into an empty pipeline, a result came, or a worker computed a layer.
  private func lastProgress(_ state: EngineState) -> Duration {
    state.membership.members.reduce(state.lastStepChange) { max($0, $1.lastProgress) }
  }

  private func lost(_ name: String, reason: String) {
    let actions = state.withLock { state in
      state.peers[name] = nil
      return state.rollout.event(.workerLost(name, reason: reason), now: now)
    }
    // The others are well: wait for as many workers again.
    perform(actions, retries: true)
  }

  private func note(_ events: [MembershipEvent]) {
    for event in events { logger.debug("membership", metadata: ["event": "\(event)"]) }
  }

  // MARK: Rollout

  /// - Parameter retries: whether a failure among the actions begins another epoch.
  private func perform(_ actions: [PlanRollout.Action], retries: Bool = false) {
    for action in actions {
      switch action {
      case .makePlan(let workers): makePlan(workers)
      case .assign(let worker, let index): assign(worker, stageIndex: index)
      case .becameReady: becameReady()
      case .failed(let reason): fail(reason, retries: retries)
      }
    }
  }

  private func makePlan(_ workers: [String]) {
    let resources = state.withLock { state in
      workers.compactMap { name in
        state.peers[name].map {
          WorkerResources(
            name: name, memoryByteCount: $0.registration.memoryByteCount, threadCount: $0.registration.threadCount,
            relativeSpeed: $0.registration.relativeSpeed)
        }
      }
    }
    let actions: [PlanRollout.Action]
    do throws(InfeasiblePlan) {
      let plan = try configuration.planner.plan(workers: resources)
      for reason in plan.reasons { logger.info("plan", metadata: ["reason": "\(reason)"]) }
      actions = state.withLock { state in
        state.plan = plan
        return state.rollout.event(.planned(plan.stages.map(\.worker)), now: now)
      }
    } catch {
      actions = state.withLock { state in
        state.infeasiblePlan = error
        return state.rollout.event(.planRefused(reason: "\(error)"), now: now)
      }
    }
    perform(actions)
  }

  private func assign(_ worker: String, stageIndex: Int) {
    let (peer, message) = state.withLock { state -> (PeerID?, CoordinatorMessage?) in
      guard let plan = state.plan, let peer = state.peers[worker] else { return (nil, nil) }
      let isLast = stageIndex == plan.stages.count - 1
      let next = isLast ? nil : state.peers[plan.stages[stageIndex + 1].worker]
      let previousKey =
        stageIndex == 0
        ? configuration.keys.publicBytes : state.peers[plan.stages[stageIndex - 1].worker]?.key?.bytes ?? []
      if isLast { resultGate.admitOnly(Set([peer.key].compactMap { $0 })) }
      let assignment = StageAssignment(
        epoch: state.epoch, stageIndex: stageIndex, stageCount: plan.stages.count,
        layers: plan.stages[stageIndex].layers, modelPaths: configuration.modelPaths,
        modelFingerprint: configuration.modelFingerprint,
        nextEndpoint: next?.registration.dataEndpoint ?? links.resultEndpoint.description,
        kvElementType: configuration.demand.elementType, pageCount: plan.pageCount,
        contextLength: configuration.demand.contextLength, maximumStepTokenCount: configuration.stepTokenBudget,
        nextKey: isLast ? configuration.keys.publicBytes : next?.key?.bytes ?? [], previousKey: previousKey)
      return (peer.id, .assignStage(assignment))
    }
    if let peer, let message { tell(message, peer) }
  }

  private func becameReady() {
    let first = state.withLock { state in state.plan?.stages.first.flatMap { state.peers[$0.worker] } }
    do {
      guard let first else { throw EngineError.failed("the first stage's worker has gone") }
      var specification = SocketSpecification(
        kind: .push, role: .connect(try Endpoint(first.registration.dataEndpoint)))
      specification.maximumMessageByteCount = WireLimits.maximumHeaderByteCount
      specification.allowsInsecureRemote = configuration.allowsInsecureRemote
      specification.keys = configuration.keys.link(to: first.key)
      let link = try loop.open(specification) { _, _ in }
      state.withLock { state in
        state.firstStage = link
        state.scheduler = state.plan.map { plan in
          Scheduler(
            limits: SchedulerLimits(
              stageCount: plan.stages.count, stepTokenBudget: configuration.stepTokenBudget,
              chunkTokenCount: configuration.demand.chunkTokenCount,
              maximumRunningSequences: configuration.demand.sequenceCount,
              maximumWaitingRequests: Self.maximumWaitingRequests, pageCount: plan.pageCount,
              contextLength: configuration.demand.contextLength))
        }
      }
      logger.info("serving")
    } catch {
      fail("the first stage cannot be reached: \(error)", retries: false)
    }
  }

  /// Requests that may wait for their turn.
  private static let maximumWaitingRequests = 256

  /// The plan in force is over: every generation ends with the reason. A retry begins the next epoch with the
  /// workers that remain; what would only fail again (a model that cannot be loaded) is not retried.
  private func fail(_ reason: String, retries: Bool) {
    logger.error("the plan failed", metadata: ["reason": "\(reason)"])
    let (link, actions) = state.withLock { state -> (SocketID?, [PlanRollout.Action]) in
      state.failGenerations(EngineError.failed(reason))
      let link = state.firstStage
      state.firstStage = nil
      state.plan = nil
      guard retries else { return (link, []) }
      state.rollout = PlanRollout(
        epoch: state.epoch.next, neededWorkerCount: configuration.workerCount, stallLimit: Self.stallLimit)
      var actions: [PlanRollout.Action] = []
      for member in state.membership.assignable where state.peers[member.name] != nil {
        actions += state.rollout.event(.workerJoined(member.name), now: now)
      }
      return (link, actions)
    }
    if let link { loop.close(link) }
    perform(actions)
  }
}
