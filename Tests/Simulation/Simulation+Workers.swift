import Core
import Scheduling
import Worker

/// What workers do about what they hear: the parts of `WorkerService` and `StageRunner`.
extension Simulation {
  mutating func deliver(_ message: SimulatedMessage, toWorker index: Int) {
    switch message {
    case .welcome:
      perform(workers[index].link.event(.heard, now: now), index)
      perform(workers[index].link.event(.welcome, now: now), index)
    case .rejoin:
      guard bug != .ignoresRejoin else { return }
      perform(workers[index].link.event(.rejoin("counted out"), now: now), index)
    case .refused: perform(workers[index].link.event(.refused("refused"), now: now), index)
    case .assign(let assignment):
      guard workers[index].link.isJoined else { return }
      workers[index].give(.assign(assignment))
      advance(index)
    case .forward(let step):
      workers[index].queue.append(step)
      advance(index)
    default: break
    }
  }

  mutating func perform(_ actions: [CoordinatorLink.Action], _ index: Int) {
    for action in actions {
      switch action {
      case .register(let incarnation):
        tell(
          .register(
            name: workers[index].name, incarnation: incarnation, loaded: workers[index].stage?.assignment.layers),
          from: index)
      case .forgetSequences:
        workers[index].give(.forget)
        advance(index)
      case .joined: break
      case .leave(let ending):
        log("\(workers[index].name) leaves: \(ending)")
        crash(index, restartAfter: .milliseconds(500))
      }
    }
  }

  // MARK: The compute thread

  /// Continues with what waits, unless a step is in hand.
  private mutating func advance(_ index: Int) {
    while workers[index].inHand == nil {
      if let order = workers[index].order {
        workers[index].order = nil
        workers[index].loading = nil
        obey(order, index)
        continue
      }
      guard workers[index].loading == nil, !workers[index].queue.isEmpty else { return }
      let step = workers[index].queue.removeFirst()
      if workers[index].stage?.takes(step, bug: bug) ?? false { begin(step, index) }
    }
  }

  private mutating func obey(_ order: SimulatedWorker.Order, _ index: Int) {
    let life = workers[index].life
    switch order {
    case .forget:
      workers[index].stage?.forget(bug: bug)
      perform(workers[index].link.event(.settled, now: now), index)
    case .assign(let assignment):
      if workers[index].stage?.canServe(assignment) ?? false {
        workers[index].stage?.begin(assignment, bug: bug)
        tell(.stageReady(assignment.epoch, held: workers[index].held), from: index)
      } else {
        workers[index].stage = nil
        workers[index].loading = assignment
        events.push(
          .loaded(worker: index, life: life, assignment.epoch),
          at: now + drawn(5...300, scripted: Scripted.loading))
      }
    }
  }

  mutating func loaded(_ index: Int, _ epoch: PlanEpoch) {
    guard let assignment = workers[index].loading, assignment.epoch == epoch else { return }
    workers[index].loading = nil
    if workers[index].fullDisk.contains(now) {
      report.excludedWorkers += 1
      tell(.stageFailed(epoch, reason: "its disk is full"), from: index)
    } else {
      workers[index].stage = SimulatedStage(
        assignment, worker: workers[index].name, logLimit: workers[index].logLimit)
      tell(.stageReady(epoch, held: []), from: index)
    }
    advance(index)
  }

  private mutating func begin(_ step: SimulatedStep, _ index: Int) {
    workers[index].inHand = step
    // Some take six times as long as expected, nearly.
    let expected = Duration.milliseconds(stepMilliseconds)
    workers[index].expectedStep = expected
    let taken = scenario == nil ? expected * Double.random(in: 0.5...2.5, using: &random) : expected
    if !workers[index].isHung {
      events.push(.computed(worker: index, life: workers[index].life), at: max(now + taken, workers[index].slowUntil))
    }
  }

  mutating func computed(_ index: Int, life: Int) {
    guard isCurrent(index, life), let step = workers[index].inHand, !workers[index].isHung else { return }
    if postponed(.computed(worker: index, life: life), for: .worker(index, life: life)) { return }
    workers[index].inHand = nil
    workers[index].progress += 1
    let poisoning = poisonActs(on: index, in: step)
    guard poisoning == nil || poisoning == .failsStep else { return advance(index) }
    if var made = workers[index].stage?.compute(step, bug: bug), let assignment = workers[index].stage?.assignment {
      if poisoning != nil { made.failure = "\(workers[index].name) fails at a poisoned token" }
      // A new assignment closes the link to the next stage; an evicted worker still has it.
      if case .assign = workers[index].order {
      } else if let next = assignment.next {
        sendData(.forward(made), from: index, to: next)
      } else {
        sendData(.result(made), from: index, to: -1)
      }
    }
    advance(index)
  }
}
