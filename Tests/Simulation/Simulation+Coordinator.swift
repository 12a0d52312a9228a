import Cluster
import Core
import Fixtures
import Scheduling

/// What the coordinator does about what it hears: the part of `ClusterDriver` and `TokenPath`.
extension Simulation {
  mutating func deliverToCoordinator(_ message: SimulatedMessage, _ connection: Int) throws {
    if case .result(let step) = message { return try take(step) }
    guard let index = connections[connection] else { return }
    let name = workers[index].name
    if case .register(_, let incarnation, let loaded) = message {
      do throws(RegistrationRefusal) {
        let actions = try coordinator.control.register(
          WorkerResources(name: name, offer: .sample(memoryByteCount: 1 << 40), loadedLayers: loaded),
          incarnation: incarnation, now: now)
        coordinator.peers[name] = connection
        coordinator.halt(for: actions, bug: bug)
        tell(.welcome, to: name)
        try? perform(actions.filter { if case .evict = $0 { false } else { true } })
      } catch {
        tell(.rejoin, over: connection)
      }
      return
    }
    guard coordinator.peers[name] == connection else { return tell(.rejoin, over: connection) }
    switch message {
    case .heartbeat(let incarnation, var vitals):
      if bug == .progressIgnored { vitals.expectedStep = nil }
      try apply(.heartbeat(worker: name, incarnation: incarnation, vitals))
      tell(.welcome, to: name)
    case .stageReady(let epoch, let held):
      if epoch == coordinator.control.epoch { coordinator.held[name] = held }
      try apply(.stageReady(worker: name, epoch))
    case .stageFailed(let epoch, let reason): try apply(.stageFailed(worker: name, epoch, reason: reason))
    default: break
    }
  }

  mutating func apply(_ event: ClusterEvent) throws {
    let actions = coordinator.control.event(event, now: now)
    coordinator.halt(for: actions, bug: bug)
    try perform(actions)
  }

  private mutating func perform(_ actions: [ClusterAction]) throws {
    for action in actions {
      switch action {
      case .plan(let question): try search(question)
      case .assign(let plan, let epoch):
        report.plans += 1
        coordinator.held = [:]
        log("\(epoch): " + plan.stages.map { "\($0.worker) has layers \($0.layers)" }.joined(separator: ", "))
        for (index, share) in plan.stages.enumerated() {
          let next = index + 1 < plan.stages.count ? plan.stages[index + 1].worker : nil
          let assignment = SimulatedAssignment(
            epoch: epoch, previousEpoch: coordinator.servedEpoch, stageIndex: index, layers: share.layers,
            pageCount: plan.pageCount, isLast: next == nil,
            next: next.flatMap { name in workers.firstIndex { $0.name == name } })
          tell(.assign(assignment), to: share.worker)
        }
        // Requests like to come while no plan serves.
        if scenario == nil, now < faultEnd, random.chance(0.2) {
          pendingRequestCount += 1
          events.push(.request, at: now + .milliseconds(Int.random(in: 0...100, using: &random)))
        }
      case .serve:
        log("serving")
        coordinator.serve(bug: bug, report: &report)
        sendSteps()
      case .interrupt(_, let reason):
        log("the plan is over: \(reason)")
        for sequence in coordinator.scheduler?.poisonedSequences ?? [] { try blame(sequence) }
        guard isDisturbed else { throw failure("a plan ended though nothing went wrong: \(reason)") }
      case .evict(let name, let reason):
        log("\(name) is evicted: \(reason)")
        guard isDisturbed else { throw failure("\(name) was counted out though nothing went wrong: \(reason)") }
        tell(.rejoin, to: name)
        coordinator.peers[name] = nil
      case .fail(let reason, _): throw failure("the cluster failed for good: \(reason)")
      case .giveUp(let reason): throw failure("requests were given up: \(reason)")
      case .dismiss(let name, _): throw failure("\(name) was dismissed though nobody asked for it")
      case .note(let text): log(text)
      }
    }
  }

  /// The planner answers after a while, in which the cluster changes.
  private mutating func search(_ question: PlanQuestion) throws {
    guard let delay = planner.delay() else { return try apply(.planned(question.answer())) }
    events.push(.planned(question.answer(), life: coordinator.life), at: now + delay)
  }

  mutating func sendSteps() {
    guard coordinator.isServing, let first = coordinator.control.plan?.stages.first?.worker,
      let index = workers.firstIndex(where: { $0.name == first })
    else { return }
    while var plan = coordinator.scheduler?.nextStep(now: now) {
      if coordinator.scheduler?.counts.stepsInFlightCount == 1 { coordinator.lastStep = now }
      let preempted = plan.releases.filter { coordinator.requests[$0]?.isOver == false }
      for sequence in preempted { log("\(sequence) waits for pages again") }
      report.preemptions += preempted.count
      coordinator.misplace(&plan, bug: bug)
      report.cachedTokens += plan.entries.reduce(0) { $0 + ($1.opening?.cachedPrefix?.tokenCount ?? 0) }
      let step = SimulatedStep(
        epoch: coordinator.control.epoch, plan: plan, rows: plan.entries.map { _ in [] })
      sendData(.forward(step), from: -1, to: index)
    }
  }

  private mutating func take(_ step: SimulatedStep) throws {
    guard step.epoch == coordinator.control.epoch || bug == .coordinatorTakesAnyEpoch, coordinator.isServing,
      let scheduler = coordinator.scheduler, !scheduler.isCompleted(step.plan.step)
    else { return }
    coordinator.lastStep = now
    if let reason = step.failure {
      report.failedSteps += 1
      return try apply(.pipelineFailed(coordinator.control.epoch, .stepFailed, reason: reason))
    }
    let sampled = coordinator.sampled(of: step, bug: bug, report: &report)
    let updates: [SequenceUpdate]
    do {
      updates =
        try coordinator.scheduler?.complete(
          StepCompletion(
            step: step.plan.step, entries: sampled, failed: step.failed,
            slowestStageSeconds: coordinator.pressure.map { _ in Double(stepMilliseconds) / 1000 }, now: now)) ?? []
    } catch {
      return try apply(.pipelineFailed(coordinator.control.epoch, .stepLost, reason: "\(error)"))
    }
    for update in updates {
      if let broken = coordinator.note(update) { throw failure(broken) }
      write(update)
    }
    for entry in step.plan.entries { coordinator.share(entry.sequence, &sharing) }
    sendSteps()
  }

  private mutating func write(_ update: SequenceUpdate) {
    switch update {
    case .token(let sequence, let sampled):
      report.tokens += 1
      guard let request = coordinator.requests[sequence] else { return }
      write("\(sequence) → client: token \(sampled.token), \(request.received.count) of \(request.newTokens)")
    case .finished(let sequence, _): write("\(sequence) is finished")
    case .prefillProgress, .failed: break
    }
  }

  mutating func request() throws {
    guard coordinator.takesRequests else {
      // The client comes again.
      return events.push(.request, at: now + .milliseconds(500))
    }
    try submit(coordinator.sharingRequest(SimulatedRequest.random(using: &random), &sharing))
  }

  /// Hands a request to the scheduler.
  mutating func submit(_ request: SimulatedRequest) throws {
    pendingRequestCount -= 1
    let sequence = SequenceID(coordinator.nextSequence)
    coordinator.nextSequence += 1
    do {
      if let scheduled = request.scheduled(as: sequence, bug: bug) {
        try coordinator.scheduler?.submit(scheduled, now: now)
      }
    } catch {
      throw failure("a request was not taken: \(error)")
    }
    write("client → coordinator: \(sequence), \(request)")
    report.requests += 1
    coordinator.requests[sequence] = request
    if poison != nil, poisoned == nil {
      let positions = 0..<max(1, request.prompt.count + request.newTokens - 1)
      let position = scenario == nil ? Int.random(in: positions, using: &random) : positions.upperBound / 2
      poisoned = PoisonedSequence(sequence: sequence, position: position)
    }
    sendSteps()
    if scenario == nil, sequence != poisoned?.sequence, random.chance(0.15) {
      let patience = Duration.milliseconds(Int.random(in: 0...4000, using: &random))
      events.push(.abandon(sequence, life: coordinator.life), at: now + patience)
    }
  }

  /// The client goes away, whatever becomes of the plan at that moment.
  mutating func abandon(_ sequence: SequenceID, life: Int) {
    guard coordinator.isAlive, coordinator.life == life, coordinator.requests[sequence]?.isOver == false else { return }
    log("the client of \(sequence) leaves")
    report.abandoned += 1
    coordinator.requests[sequence]?.isOver = true
    coordinator.scheduler?.cancel(sequence)
    sendSteps()
  }
}
