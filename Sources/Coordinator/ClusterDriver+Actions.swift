import Cluster
import Core
import Logging
import Scheduling
import Synchronization
import Transport
import Wire

/// Performs what `ClusterControl` decides. On the task of `run`.
extension ClusterDriver {
  func apply(_ event: ClusterEvent) {
    perform(state.withLock { $0.control.event(event, now: now) })
  }

  func perform(_ actions: [ClusterAction]) {
    // First of all the pipeline stops, and requests are no longer admitted: only then may they be ended, or workers
    // get other layers.
    for link in tokens.follow(actions, state.withLock { $0.availability }) { loop.close(link) }
    if !actions.isEmpty { state.withLock { $0.history.note(actions, now: now) } }
    for action in actions { perform(action) }
  }

  private func perform(_ action: ClusterAction) {
    switch action {
    case .plan(let question): planning.ask(question) { [events] in events.sink.yield(.planned($0)) }
    case .assign(let plan, let epoch): assign(plan, epoch)
    case .serve: serve()
    case .interrupt(_, let reason):
      logger.warning("the plan is over", metadata: ["reason": "\(reason)"])
      if let link = state.withLock({ $0.nextLink.take() }) { loop.close(link) }
    case .giveUp(let reason):
      logger.error("requests are given up", metadata: ["reason": "\(reason)"])
      tokens.failAll(EngineError.notReady(reason))
    case .fail(let reason, let infeasible):
      logger.error("no plan", metadata: ["reason": "\(reason)"])
      state.withLock { $0.infeasiblePlan = infeasible }
      tokens.failAll(EngineError.failed(reason))
    case .dismiss(let worker, let reason): dismiss(worker, .shutdown(reason: reason), reason: reason)
    case .evict(let worker, let reason):
      logger.warning("worker evicted", metadata: ["worker": "\(worker)", "reason": "\(reason)"])
      dismiss(worker, .rejoin(reason: reason), reason: reason)
    case .note(let text): logger.info("cluster", metadata: ["event": "\(text)"])
    }
  }

  private func dismiss(_ worker: String, _ message: CoordinatorMessage, reason: String) {
    let (peer, askers) = state.withLock { state in
      (state.peers.removeValue(forKey: worker), state.drainAskers.removeValue(forKey: worker) ?? [])
    }
    if let peer { control.send(message, to: peer.id) }
    for asker in askers { control.send(.drained(reason: reason), to: asker) }
  }

  private func assign(_ plan: LayerPlan, _ epoch: PlanEpoch) {
    // Before the layers that workers may fetch from each other.
    notifyPeers()
    for reason in plan.reasons { logger.info("plan", metadata: ["epoch": "\(epoch.rawValue)", "reason": "\(reason)"]) }
    let messages = state.withLock { state in
      state.held = [:]
      if let last = plan.stages.last { resultKeys.admitOnly(Set([state.peers[last.worker]?.key].compactMap { $0 })) }
      let maker = assignments(state)
      // Last stage first: a stage then knows its sender before that sender connects.
      return plan.stages.indices.reversed().compactMap { index -> (PeerID, CoordinatorMessage)? in
        guard let peer = state.peers[plan.stages[index].worker] else { return nil }
        return (peer.id, .assignStage(maker.assignment(index, of: plan, epoch)))
      }
    }
    for (peer, message) in messages { control.send(message, to: peer) }
  }

  // MARK: The first stage

  /// Connects to the first stage when its worker first reports on its layers: it then knows the sender of its frames.
  /// The handshake takes several round trips, which overlap with loading.
  func connect(when worker: String, isFirstOf epoch: PlanEpoch) {
    let isFirst = state.withLock { state in
      guard case .rollingOut = state.control.phase, epoch == state.control.epoch, state.nextLink == nil else {
        return false
      }
      return state.control.plan?.stages.first?.worker == worker
    }
    guard isFirst else { return }
    do {
      let link = try openFirstStage()
      state.withLock { $0.nextLink = link }
    } catch {
      // The driver retries when all stages are ready; only then it matters.
      logger.debug("the first stage is not reached yet", metadata: ["reason": "\(error)"])
    }
  }

  private func openFirstStage() throws -> SocketID {
    let (first, stageCount) = state.withLock { state in
      (state.control.plan?.stages.first.flatMap { state.peers[$0.worker] }, state.control.plan?.stages.count ?? 1)
    }
    guard let first else { throw EngineError.failed("the first stage's worker has left") }
    return try CoordinatorSockets.openFirstStage(first, stageCount: stageCount, configuration, loop: loop)
  }

  /// All stages are ready: requests start, or resume where all stages have them.
  private func serve() {
    let (early, plan, epoch) = state.withLock { ($0.nextLink.take(), $0.control.plan, $0.control.epoch) }
    guard let plan else { return }
    do {
      let link = try early ?? openFirstStage()
      let choice = state.withLock { state in
        state.servedEpoch = epoch
        return RecoveryChoice(held: plan.stages.map { state.held[$0.worker] ?? [] })
      }
      let report = tokens.serve(
        .init(epoch: epoch, firstStage: link, stageCount: plan.stages.count), limits: limits(of: plan), choice: choice)
      state.withLock { $0.metrics.noteServing(report) }
      logger.info(
        "serving", metadata: ["epoch": "\(epoch.rawValue)"].merging(report.metadata) { first, _ in first })
    } catch {
      apply(.pipelineFailed(epoch, .stepLost, reason: "the first stage cannot be reached: \(error)"))
    }
  }

  private func limits(of plan: LayerPlan) -> SchedulerLimits {
    SchedulerLimits(
      stageCount: plan.stages.count, stepTokenBudget: configuration.stepTokenBudget,
      chunkTokenCount: configuration.demand.chunkTokenCount,
      maximumRunningSequences: configuration.demand.runningLimit,
      maximumWaitingRequests: configuration.maximumWaitingRequests, pageCount: plan.pageCount,
      contextLength: configuration.demand.contextLength,
      maximumLogitsRows: WireLimits.maximumLogitsRowCount(vocabularySize: configuration.model.vocabularySize),
      adaptsChunks: configuration.demand.adaptsChunks, latencyTarget: configuration.latencyTarget,
      speculation: configuration.speculation, maximumWaitingTokens: configuration.maximumWaitingTokens,
      growsPages: configuration.growsPages)
  }
}
