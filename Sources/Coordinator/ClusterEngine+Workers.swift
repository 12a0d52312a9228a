import Cluster
import Core
import Logging
import Scheduling
import Synchronization
import Transport
import Wire

/// What workers and operators say, and what is done about it. Runs on the task of `run` only.
extension ClusterEngine {
  func handle(_ event: Event) {
    switch event {
    case .worker(let message, let peer, let key): handle(message, from: peer, key)
    case .gone(let peer):
      if let name = name(of: peer) { apply(.linkBroke(worker: name)) }
    case .stranger(let peer, let reason):
      strangers.leave()
      logger.warning("message refused", metadata: ["reason": "\(reason)"])
      tell(.refused(reason: reason), peer)
    case .stepFailed(let epoch, let reason): apply(.pipelineFailed(epoch, .stepFailed, reason: reason))
    case .stepLost(let epoch, let reason): apply(.pipelineFailed(epoch, .stepLost, reason: reason))
    case .planned(let answer): apply(.planned(answer))
    case .abandoned(let sequence): cancel(sequence)
    case .tick:
      apply(.tick(state.withLock { $0.load }))
      tellPeers()
      tellExpectations()
      state.withLock { $0.showMetrics() }
    case .stop: break
    }
  }

  private func handle(_ message: WorkerMessage, from peer: PeerID, _ key: PublicKey?) {
    switch message {
    case .register(let registration): register(registration, peer, key)
    case .drain(let worker): drain(worker, for: peer)
    default:
      guard let name = name(of: peer) else {
        // It was counted out, or this coordinator is new here.
        return tell(.rejoin(reason: "this coordinator does not know you"), peer)
      }
      handle(message, of: name, peer)
    }
  }

  private func handle(_ message: WorkerMessage, of name: String, _ peer: PeerID) {
    switch message {
    case .heartbeat(let heartbeat):
      let vitals = HeartbeatStatus(
        progress: heartbeat.progress, expectedStep: heartbeat.stepMilliseconds.map { .milliseconds($0) })
      apply(.heartbeat(worker: name, incarnation: heartbeat.incarnation, vitals))
      tell(.welcome(heartbeatMilliseconds: Self.heartbeatMilliseconds), peer)
    case .loadProgress(let epoch, let fraction):
      knock(at: name, epoch)
      apply(.loadProgress(worker: name, epoch, fraction: fraction))
      let isNews = state.withLock { state in
        fraction > 0 && epoch == state.control.epoch
          && state.control.plan?.stages.contains { $0.worker == name } ?? false
          && state.loadNews.isToBeTold(name, epoch, now: now)
      }
      if isNews { logger.info("stage loading", metadata: ["worker": "\(name)", "share": "\(Int(fraction * 100))%"]) }
    case .stageReady(let epoch, _, _, let held):
      state.withLock { if epoch == $0.control.epoch { $0.held[name] = held } }
      knock(at: name, epoch)
      apply(.stageReady(worker: name, epoch))
    case .stageFailed(let epoch, let reason): apply(.stageFailed(worker: name, epoch, reason: reason))
    case .leaving(let reason): apply(.left(worker: name, reason: reason))
    case .draining: apply(.drain(worker: name))
    case .register, .drain, .fetchManifest, .fetchBlock: break  // Answered elsewhere.
    }
  }

  private func name(of peer: PeerID) -> String? {
    state.withLock { $0.peers.first { $0.value.id == peer }?.key }
  }

  private func register(_ registration: WorkerRegistration, _ peer: PeerID, _ key: PublicKey?) {
    let name = registration.name
    let ours = Compatibility(
      protocolVersion: ProtocolVersion.current, numericsID: NumericsID.current, build: configuration.build)
    let theirs = Compatibility(
      protocolVersion: ProtocolVersion.current, numericsID: registration.numericsID, build: registration.build)
    let actions: [ClusterAction]
    do throws(RegistrationRefusal) {
      if let refusal = ours.refusal(of: theirs, worker: name) { throw refusal }
      if let allowed = key.flatMap({ configuration.keys?.workerName($0) }), allowed != name {
        throw RegistrationRefusal.otherName(claimed: name, allowed: allowed)
      }
      actions = try state.withLock { state throws(RegistrationRefusal) in
        let actions = try state.control.register(
          WorkerResources(
            name: name, memoryByteCount: registration.memoryByteCount, threadCount: registration.threadCount,
            relativeSpeed: registration.relativeSpeed, loadedLayers: registration.loadedLayers),
          incarnation: registration.incarnation, now: now)
        state.peers[name] = EngineState.Peer(id: peer, registration: registration, key: key)
        state.halt(for: actions)
        return actions
      }
    } catch {
      logger.warning("worker refused", metadata: ["worker": "\(name)", "reason": "\(error)"])
      switch error {
      // The other one may be its predecessor, not yet found dead: it tries again for a while.
      case .duplicateName, .declaredDead: tell(.rejoin(reason: "\(error)"), peer)
      default: tell(.refused(reason: "\(error)"), peer)
      }
      return
    }
    tell(.welcome(heartbeatMilliseconds: Self.heartbeatMilliseconds), peer)
    // A predecessor of that name is expelled by being replaced.
    perform(actions.filter { if case .evict(name, _) = $0 { false } else { true } })
  }

  private func drain(_ worker: String, for asker: PeerID) {
    guard state.withLock({ $0.peers[worker] != nil }) else {
      return tell(.refused(reason: "no worker named \(worker) is in the cluster"), asker)
    }
    state.withLock { $0.drainAskers[worker, default: []].append(asker) }
    apply(.drain(worker: worker))
  }

  private func apply(_ event: ClusterEvent) {
    perform(
      state.withLock { state in
        let actions = state.control.event(event, now: now)
        state.halt(for: actions)
        return actions
      })
  }

  // MARK: Actions

  private func perform(_ actions: [ClusterAction]) {
    for action in actions {
      switch action {
      case .plan(let question): planning.ask(question) { [eventSink] in eventSink.yield(.planned($0)) }
      case .assign(let plan, let epoch): assign(plan, epoch)
      case .serve: serve()
      case .interrupt(_, let reason):
        logger.warning("the plan is over", metadata: ["reason": "\(reason)"])
        for link in state.withLock({ $0.takeRetiredLinks() }) { loop.close(link) }
      case .giveUp(let reason):
        logger.error("requests are given up", metadata: ["reason": "\(reason)"])
        state.withLock { $0.failGenerations(EngineError.notReady(reason)) }
      case .fail(let reason, let infeasible):
        logger.error("no plan", metadata: ["reason": "\(reason)"])
        state.withLock { state in
          state.infeasiblePlan = infeasible
          state.failGenerations(EngineError.failed(reason))
        }
      case .dismiss(let worker, let reason): dismiss(worker, .shutdown(reason: reason), reason: reason)
      case .evict(let worker, let reason):
        logger.warning("worker counted out", metadata: ["worker": "\(worker)", "reason": "\(reason)"])
        dismiss(worker, .rejoin(reason: reason), reason: reason)
      case .note(let text): logger.info("cluster", metadata: ["event": "\(text)"])
      }
    }
  }

  private func dismiss(_ worker: String, _ message: CoordinatorMessage, reason: String) {
    let (peer, askers) = state.withLock { state in
      (state.peers.removeValue(forKey: worker), state.drainAskers.removeValue(forKey: worker) ?? [])
    }
    if let peer { tell(message, peer.id) }
    for asker in askers { tell(.drained(reason: reason), asker) }
  }

  private func assign(_ plan: LayerPlan, _ epoch: PlanEpoch) {
    // Before the layers that they may fetch from each other.
    tellPeers()
    for reason in plan.reasons { logger.info("plan", metadata: ["epoch": "\(epoch.rawValue)", "reason": "\(reason)"]) }
    let messages = state.withLock { state in
      state.held = [:]
      if let last = plan.stages.last { resultGate.admitOnly(Set([state.peers[last.worker]?.key].compactMap { $0 })) }
      // Last stage first: a stage then knows its sender before that sender, told later, knocks.
      return plan.stages.indices.reversed().compactMap { index -> (PeerID, CoordinatorMessage)? in
        guard let peer = state.peers[plan.stages[index].worker] else { return nil }
        return (peer.id, .assignStage(assignment(index, of: plan, epoch, state)))
      }
    }
    for (peer, message) in messages { tell(message, peer) }
  }

  /// One stage of a plan, as its worker is told.
  func assignment(_ index: Int, of plan: LayerPlan, _ epoch: PlanEpoch, _ state: EngineState) -> StageAssignment {
    let isLast = index + 1 == plan.stages.count
    let next = isLast ? nil : state.peers[plan.stages[index + 1].worker]
    let previousKey =
      index == 0 ? configuration.keys.publicBytes : state.peers[plan.stages[index - 1].worker]?.key?.bytes ?? []
    return StageAssignment(
      epoch: epoch, stageIndex: index, stageCount: plan.stages.count, layers: plan.stages[index].layers,
      modelPaths: configuration.modelPaths, modelFingerprint: configuration.modelFingerprint,
      nextEndpoint: next?.registration.dataEndpoint ?? links.resultEndpoint.description,
      kvElementType: configuration.demand.elementType, pageCount: plan.pageCount,
      contextLength: configuration.demand.contextLength, maximumStepTokenCount: configuration.stepTokenBudget,
      nextKey: isLast ? configuration.keys.publicBytes : next?.key?.bytes ?? [], previousKey: previousKey,
      sharesWeights: weightDesk != nil, previousEpoch: state.servedEpoch)
  }

  /// Connects to the first stage when its worker first says something of its layers: by then it knows from whom its
  /// frames come, and the handshake, which takes several round trips, need not be waited for when all have loaded.
  private func knock(at worker: String, _ epoch: PlanEpoch) {
    let isFirst = state.withLock { state in
      epoch == state.control.epoch && state.firstStage == nil && state.nextFirstStage == nil
        && state.control.plan?.stages.first?.worker == worker
    }
    guard isFirst else { return }
    do {
      let link = try openFirstStage()
      state.withLock { $0.nextFirstStage = link }
    } catch {
      // It is tried again, and then matters, when all are ready.
      logger.debug("the first stage is not reached yet", metadata: ["reason": "\(error)"])
    }
  }

  private func openFirstStage() throws -> SocketID {
    let (first, stageCount) = state.withLock { state in
      (state.control.plan?.stages.first.flatMap { state.peers[$0.worker] }, state.control.plan?.stages.count ?? 1)
    }
    guard let first else { throw EngineError.failed("the first stage's worker has gone") }
    var specification = SocketSpecification(kind: .push, role: .connect(try Endpoint(first.registration.dataEndpoint)))
    specification.maximumMessageByteCount = WireLimits.maximumHeaderByteCount
    specification.maximumQueuedByteCount = StepWindow(stageCount: stageCount).byteCount(rows: 0, width: 0)
    specification.allowsInsecureRemote = configuration.allowsInsecureRemote
    specification.keys = configuration.keys.link(to: first.key)
    return try loop.open(specification) { _, _ in }
  }

  /// All stages are ready: lets requests run, those that were interrupted from where all stages had them.
  private func serve() {
    let (early, epoch) = state.withLock { ($0.nextFirstStage, $0.control.epoch) }
    do {
      let link = try early ?? openFirstStage()
      let recovery = state.withLock { state -> RecoveryReport? in
        guard let plan = state.control.plan else { return nil }
        (state.firstStage, state.nextFirstStage) = (link, nil)
        let recovery = state.resume(limits: limits(of: plan), stages: plan.stages.map(\.worker))
        sendSteps(&state)
        return recovery
      }
      logger.info(
        "serving", metadata: ["epoch": "\(epoch.rawValue)"].merging(recovery?.metadata ?? [:]) { first, _ in first })
    } catch {
      apply(.pipelineFailed(epoch, .stepLost, reason: "the first stage cannot be reached: \(error)"))
    }
  }

  private func limits(of plan: LayerPlan) -> SchedulerLimits {
    SchedulerLimits(
      stageCount: plan.stages.count, stepTokenBudget: configuration.stepTokenBudget,
      chunkTokenCount: configuration.demand.chunkTokenCount,
      maximumRunningSequences: configuration.demand.sequenceCount,
      maximumWaitingRequests: Self.maximumWaitingRequests, pageCount: plan.pageCount,
      contextLength: configuration.demand.contextLength, adaptsChunks: configuration.demand.adaptsChunks)
  }

  /// Requests that may wait for their turn.
  private static let maximumWaitingRequests = 256
}
