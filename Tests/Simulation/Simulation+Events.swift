import Cluster
import Inference
import Scheduling
import Worker


/// What happens when: deliveries, timers, computations.
extension Simulation {
  mutating func handle(_ happening: Happening) throws {
    switch happening {
    case .control(let message, let connection, let target):
      guard connections[connection] != nil, !postponed(happening, for: target) else { return }
      try deliver(message, connection: connection, to: target)
    case .data(let message, let target):
      guard !postponed(happening, for: target) else { return }
      try deliver(message, connection: 0, to: target)
    case .connectionBroke(let connection, let target):
      guard !postponed(happening, for: target) else { return }
      connectionBroke(connection, at: target)
    case .connect(let worker, let life): connect(worker, life: life)
    case .computed(let worker, let life): computed(worker, life: life)
    case .loaded(let worker, let life, let epoch):
      guard isCurrent(worker, life) else { return }
      if postponed(happening, for: .worker(worker, life: life)) { return }
      if workers[worker].assignment?.epoch == epoch { 
        tell(.stageReady(epoch, held: workers[worker].heldSequences), from: worker)
      }
    case .coordinatorTick(let life):
      guard life == coordinator.life, coordinator.isAlive else { return }
      if postponed(happening, for: .coordinator(life: life)) { return }
      events.push(happening, at: now + .milliseconds(100))
      var load = coordinator.load
      if bug == .lostFramesUnnoticed { load.lastStep = nil }
      try apply(.tick(load))
    case .heartbeat(let worker, let life):
      guard isCurrent(worker, life), !postponed(happening, for: .worker(worker, life: life)) else { return }
      events.push(happening, at: now + .milliseconds(100))
      guard workers[worker].link.isJoined, bug != .heartbeatOfComputeThread || workers[worker].inHand == nil
      else { return }
      tell(.heartbeat(incarnation: workers[worker].link.incarnation, workers[worker].vitals), from: worker)
    case .linkTick(let worker, let life):
      guard isCurrent(worker, life), !postponed(happening, for: .worker(worker, life: life)) else { return }
      events.push(happening, at: now + .milliseconds(250))
      perform(workers[worker].link.event(.tick, now: now), worker)
    case .fault: fault()
    case .startWorker(let worker): start(worker)
    case .startCoordinator: startCoordinator()
    case .request: try request()
    }
  }

  private func isCurrent(_ worker: Int, _ life: Int) -> Bool {
    workers[worker].isAlive && workers[worker].life == life
  }

  /// Gives a process that stands still its events when it goes on, and the dead none. True when it is not to be handled
  /// now.
  private mutating func postponed(_ happening: Happening, for target: Target) -> Bool {
    let until: Duration
    switch target {
    case .coordinator(let life):
      guard coordinator.isAlive, coordinator.life == life else { return true }
      until = coordinator.pausedUntil
    case .worker(let index, let life):
      guard isCurrent(index, life) else { return true }
      until = workers[index].pausedUntil
    }
    guard until > now else { return false }
    events.push(happening, at: until)
    return true
  }

  // MARK: Coordinator

  private mutating func deliver(_ message: SimulatedMessage, connection: Int, to target: Target) throws {
    guard case .worker(let index, _) = target else { return try deliverToCoordinator(message, connection) }
    switch message {
    case .welcome:
      perform(workers[index].link.event(.heard, now: now), index)
      perform(workers[index].link.event(.welcome, now: now), index)
    case .rejoin:
      guard bug != .ignoresRejoin else { return }
      perform(workers[index].link.event(.rejoin("counted out"), now: now), index)
    case .refused: perform(workers[index].link.event(.refused("refused"), now: now), index)
    case .assign(let assignment):
      workers[index].begin(assignment, bug: bug)
      let life = workers[index].life
      events.push(
        .loaded(worker: index, life: life, assignment.epoch),
        at: now + .milliseconds(Int.random(in: 5...300, using: &random)))
    case .forward(let step):
      workers[index].queue.append(step)
      compute(index)
    default: break
    }
  }

  private mutating func deliverToCoordinator(_ message: SimulatedMessage, _ connection: Int) throws {
    if case .result(let step) = message { return try take(step) }
    guard let index = connections[connection] else { return }
    let name = workers[index].name
    if case .register(_, let incarnation) = message {
      do throws(RegistrationRefusal) {
        let actions = try coordinator.control.register(
          WorkerResources(name: name, memoryByteCount: 1 << 40, threadCount: 1), incarnation: incarnation, now: now)
        coordinator.peers[name] = connection
        coordinator.halt(for: actions, bug: bug)
        tell(.welcome, to: name)
        try? perform(actions.filter { if case .expel = $0 { false } else { true } })
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
    default: break
    }
  }

  mutating func apply(_ event: ClusterControl.Event) throws {
    let actions = coordinator.control.event(event, now: now)
    coordinator.halt(for: actions, bug: bug)
    try perform(actions)
  }

  private mutating func perform(_ actions: [ClusterControl.Action]) throws {
    for action in actions {
      switch action {
      case .assign(let plan, let epoch):
        report.plans += 1
        coordinator.held = [:]
        log("plan \(epoch) over \(plan.stages.map { "\($0.worker) \($0.layers)" })")
        for (index, share) in plan.stages.enumerated() {
          let next = index + 1 < plan.stages.count ? plan.stages[index + 1].worker : nil
          let assignment = SimulatedAssignment(
            epoch: epoch, resumedEpoch: coordinator.servedEpoch, stageIndex: index, layers: share.layers,
            isLast: next == nil,
            next: next.flatMap { name in workers.firstIndex { $0.name == name } })
          tell(.assign(assignment), to: share.worker)
        }
        if bug == .sendsBetweenPlans { sendSteps() }
      case .serve:
        log("serving")
        coordinator.serve(bug: bug, report: &report)
        sendSteps()
      case .interrupt(let reason):
        log("the plan is over: \(reason)")
        guard hasFaults else { throw failure("a plan ended though nothing went wrong: \(reason)") }
      case .expel(let name, let reason):
        log("\(name) is counted out: \(reason)")
        guard hasFaults else { throw failure("\(name) was counted out though nothing went wrong: \(reason)") }
        tell(.rejoin, to: name)
        coordinator.peers[name] = nil
      case .fail(let reason, _): throw failure("the cluster failed for good: \(reason)")
      case .giveUp(let reason): throw failure("requests were given up: \(reason)")
      case .dismiss(let name, _): throw failure("\(name) was dismissed though nobody asked for it")
      case .note(let text): log(text)
      }
    }
  }

  mutating func sendSteps() {
    guard coordinator.isServing, let first = coordinator.control.plan?.stages.first?.worker,
      let index = workers.firstIndex(where: { $0.name == first })
    else { return }
    while let plan = coordinator.scheduler?.nextStep(now: now) {
      if coordinator.scheduler?.counts.stepsInFlightCount == 1 { coordinator.lastStep = now }
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
    if let reason = step.failure { return try apply(.pipelineFailed(coordinator.control.epoch, reason: reason)) }
    let updates: [SequenceUpdate]
    do {
      updates = try coordinator.scheduler?.complete(
        StepCompletion(
          step: step.plan.step,
          entries: step.plan.entries.filter { step.failed[$0.sequence] == nil }.map {
            .init(sequence: $0.sequence, token: step.tokens[$0.sequence])
          }, failed: step.failed, now: now)) ?? []
    } catch {
      return try apply(.pipelineFailed(coordinator.control.epoch, reason: "\(error)"))
    }
    for update in updates { try note(update) }
    sendSteps()
  }

  private mutating func note(_ update: SequenceUpdate) throws {
    switch update {
    case .prefillProgress: break
    case .token(let sequence, let token):
      guard var request = coordinator.requests[sequence], !request.isOver else {
        throw failure("\(sequence) got a token after its end")
      }
      request.told.append(token)
      report.tokens += 1
      guard request.told == Array(request.expected.prefix(request.told.count)) else {
        throw failure("\(sequence) was told \(request.told) where \(request.expected) was due")
      }
      coordinator.requests[sequence] = request
    case .finished(let sequence, _):
      guard let request = coordinator.requests[sequence], request.told == request.expected else {
        throw failure("\(sequence) ended without all its tokens")
      }
      coordinator.requests[sequence]?.isOver = true
    case .failed(let sequence, let reason): throw failure("\(sequence) failed: \(reason)")
    }
  }

  private mutating func request() throws {
    guard coordinator.isAlive, coordinator.control.takesRequests, coordinator.scheduler != nil else {
      // The client comes again.
      return events.push(.request, at: now + .milliseconds(500))
    }
    pendingRequestCount -= 1
    let sequence = SequenceID(nextSequence)
    nextSequence += 1
    let promptCount = Int.random(in: 1...80, using: &random)
    let prompt = (0..<promptCount).map { _ in TokenID.random(in: 0..<32_000, using: &random) }
    let newTokens = Int.random(in: 0...25, using: &random)
    var sampling = SamplingParameters.greedy
    sampling.seed = UInt64.random(in: 0...UInt64.max, using: &random)
    guard let policy = SelfExtendPolicy(groupSize: 1, neighborWindow: 0, trainedLength: 512) else { return }
    do {
      try coordinator.scheduler?.submit(
        ScheduledRequest(
          sequence: sequence, prompt: prompt, maximumNewTokens: newTokens, policy: policy, sampling: sampling),
        now: now)
    } catch {
      throw failure("a request was not taken: \(error)")
    }
    report.requests += 1
    coordinator.requests[sequence] = SimulatedCoordinator.Request(
      prompt: prompt, newTokens: newTokens, seed: sampling.seed,
      expected: ToyModel.reference(prompt: prompt, newTokens: newTokens, seed: sampling.seed))
    sendSteps()
  }

  // MARK: Workers

  mutating func perform(_ actions: [CoordinatorLink.Action], _ index: Int) {
    for action in actions {
      switch action {
      case .register(let incarnation):
        tell(.register(name: workers[index].name, incarnation: incarnation), from: index)
      case .forgetSequences:
        workers[index].queue = []
        workers[index].assignment = nil
        if workers[index].inHand != nil {
          workers[index].mustForget = true
        } else {
          workers[index].forgetSequences()
          perform(workers[index].link.event(.settled, now: now), index)
        }
      case .joined: break
      case .leave(let ending):
        log("\(workers[index].name) leaves: \(ending)")
        crash(index, restartAfter: .milliseconds(500))
      }
    }
  }

  mutating func compute(_ index: Int) {
    while workers[index].inHand == nil, !workers[index].queue.isEmpty {
      let step = workers[index].queue.removeFirst()
      guard workers[index].takes(step, bug: bug) else { continue }
      workers[index].inHand = step
      // Some take six times as long as expected, nearly.
      let expected = Duration.milliseconds(stepMilliseconds)
      workers[index].expectedStep = expected
      let taken = expected * Double.random(in: 0.5...2.5, using: &random)
      if !workers[index].isHung {
        events.push(.computed(worker: index, life: workers[index].life), at: now + taken)
      }
    }
  }

  private mutating func computed(_ index: Int, life: Int) {
    guard isCurrent(index, life), let step = workers[index].inHand, !workers[index].isHung else { return }
    if postponed(.computed(worker: index, life: life), for: .worker(index, life: life)) { return }
    workers[index].inHand = nil
    workers[index].progress += 1
    if workers[index].mustForget {
      workers[index].mustForget = false
      workers[index].forgetSequences()
      perform(workers[index].link.event(.settled, now: now), index)
    } else if let assignment = workers[index].assignment,
      assignment.epoch == step.epoch || bug == .stageTakesAnyEpoch, let made = workers[index].compute(step, bug: bug) {
      if let next = assignment.next {
        sendData(.forward(made), from: index, to: next)
      } else {
        sendData(.result(made), from: index, to: -1)
      }
    }
    compute(index)
  }
}
