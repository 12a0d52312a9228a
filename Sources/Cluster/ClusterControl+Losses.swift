import Core

/// What becomes of the plan when workers come, go, or stand still.
extension ClusterControl {
  mutating func follow(_ event: MembershipEvent, now: Duration) -> [Action] {
    switch event {
    case .joined(let name): return [.note("worker \(name) joined")]
    case .suspect(let name, let silence): return [.note("worker \(name) has been silent for \(silence)")]
    case .recovered(let name): return [.note("worker \(name) is heard again")] + considerPlan(now: now)
    case .draining(let name): return [.note("worker \(name) is to be drained")] + considerDrains(now: now)
    case .dead(let name, let reason):
      return [.evict(worker: name, reason: reason)] + lost(name, .workerLost, reason: reason, now: now)
    case .left(let name): return lost(name, .unrelated, reason: "worker \(name) left", now: now)
    }
  }

  /// The worker is no longer a member.
  mutating func lost(_ worker: String, _ end: InterruptionCause, reason: String, now: Duration) -> [Action] {
    resources[worker] = nil
    unfit[worker] = nil
    offered.remove(worker)
    guard let outcome = rollout?.event(.workerLost(worker, reason: reason), now: now) else { return [.note(reason)] }
    return settle(outcome, end, now: now)
  }

  /// A worker's word about its stage.
  mutating func report(_ event: PlanRollout.Event, of epoch: PlanEpoch, now: Duration) -> [Action] {
    guard epoch == self.epoch, let outcome = rollout?.event(event, now: now) else { return [] }
    return settle(outcome, .unrelated, now: now)
  }

  /// - Parameter end: what it is to the plan, should it end it.
  private mutating func settle(_ outcome: PlanRollout.Outcome, _ end: InterruptionCause, now: Duration) -> [Action] {
    switch outcome {
    case .becameReady:
      hasServed = true
      hasGivenUp = false
      servingSince = now
      lastReason = nil
      return [.serve] + dismissDrained()
    case .lost(let reason):
      return interrupt(end, reason, now: now)
    case .unfit(let worker, let reason):
      guard hasServed || settings.awaitsOthers else {
        failure = reason
        return [.fail(reason: reason, nil)]
      }
      unfit[worker] = now
      return interrupt(end, reason, now: now)
    }
  }

  /// Ends the plan in force and looks for the next.
  mutating func interrupt(_ end: InterruptionCause, _ reason: String, now: Duration) -> [Action] {
    rollout = nil
    plan = nil
    lastReason = reason
    if servingSince != nil { gatheringSince = now }
    servingSince = nil
    shortage = nil
    return [.interrupt(end, reason: reason)] + considerPlan(now: now)
  }

  mutating func tick(_ load: Load, now: Duration) -> [Action] {
    guard failure == nil else { return [] }
    var actions = membership.tick(now: now).flatMap { follow($0, now: now) }
    if let outcome = rollout?.event(.tick, now: now) { actions += settle(outcome, .unrelated, now: now) }
    if rollout?.phase == .ready {
      actions += considerQuiet(load, now: now)
      if load.isIdle { actions += letGo(now: now) }
      actions += considerGrowth(load, now: now)
    } else {
      actions += considerPlan(now: now) + considerGivingUp(now: now)
    }
    return actions
  }

  /// Steps are under way but nobody has one: they are lost, and are made again.
  private mutating func considerQuiet(_ load: Load, now: Duration) -> [Action] {
    guard let lastStep = load.lastStep, let plan else { return [] }
    let stages = plan.stages.compactMap { membership[$0.worker] }
    guard !stages.contains(where: { $0.busySince != nil }) else { return [] }
    let last = stages.map(\.lastProgress).reduce(max(lastStep, servingSince ?? .zero), max)
    guard now - last >= settings.quietLimit else { return [] }
    return interrupt(.stepLost, "a step is under way but no stage has had one in hand for \(now - last)", now: now)
  }

  private mutating func considerGivingUp(now: Duration) -> [Action] {
    guard hasServed, !hasGivenUp, now - gatheringSince >= settings.capacityWait else { return [] }
    hasGivenUp = true
    let why = shortage ?? "\(candidates.count) of \(settings.neededWorkerCount) workers are there"
    return [.giveUp(reason: "\(lastReason ?? "workers were lost"), and no plan has served since: \(why)")]
  }
}
