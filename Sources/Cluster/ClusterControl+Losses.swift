import Core

/// What becomes of the plan when workers join, leave or stall.
extension ClusterControl {
  mutating func follow(_ event: MembershipEvent, now: Duration) -> [ClusterAction] {
    switch event {
    case .joined(let name): return [.note("worker \(name) joined")]
    case .suspect(let name, let silence): return [.note("worker \(name) has been silent for \(silence)")]
    case .recovered(let name): return [.note("worker \(name) is heard again")] + considerPlan(now: now)
    case .draining(let name): return [.note("worker \(name) drains")] + considerPlan(now: now)
    case .dead(let name, let reason):
      return [.evict(worker: name, reason: reason)] + lost(name, .workerLost, reason: reason, now: now)
    case .left(let name): return lost(name, .unrelated, reason: "worker \(name) left", now: now)
    }
  }

  /// The worker is no longer a member.
  mutating func lost(_ worker: String, _ cause: InterruptionCause, reason: String, now: Duration) -> [ClusterAction] {
    pool.remove(worker)
    let outcome = state.updatePlan { plan in
      plan.offered.remove(worker)
      return plan.rollout.event(.workerLost(worker, reason: reason), now: now)
    }
    guard let outcome else { return [.note(reason)] + considerPlan(now: now) }
    return settle(outcome, cause, now: now)
  }

  /// A worker's report about its stage. Reports of other epochs are dropped.
  mutating func report(_ event: PlanRollout.Event, of epoch: PlanEpoch, now: Duration) -> [ClusterAction] {
    guard epoch == self.epoch, let outcome = state.updatePlan({ $0.rollout.event(event, now: now) }) else { return [] }
    return settle(outcome, .unrelated, now: now)
  }

  /// - Parameter cause: of the plan's end, if the outcome ends it.
  private mutating func settle(_ outcome: PlanRollout.Outcome, _ cause: InterruptionCause, now: Duration)
    -> [ClusterAction]
  {
    switch outcome {
    case .becameReady:
      guard let plan = state.plan else { return [] }
      hasServed = true
      state = .serving(ServingPlan(plan: plan, since: now))
      return [.serve] + dismissDrained()
    case .lost(let reason):
      return interrupt(cause, reason, now: now)
    case .stageFailed(let worker, let reason):
      guard hasServed || settings.awaitsOthers else { return fail(reason: reason, nil) }
      pool.exclude(worker, now: now)
      return interrupt(cause, reason, now: now)
    }
  }

  /// Ends the plan in force and asks for the next.
  mutating func interrupt(_ cause: InterruptionCause, _ reason: String, now: Duration) -> [ClusterAction] {
    switch state {
    case .serving: state = .gathering(Outage(since: now, reason: reason))
    case .rollingOut(_, var outage):
      outage.reason = reason
      state = .gathering(outage)
    case .gathering, .planning, .failed: return []
    }
    return [.interrupt(cause, reason: reason)] + considerPlan(now: now)
  }

  mutating func tick(_ load: ClusterLoad, now: Duration) -> [ClusterAction] {
    if case .failed = state { return [] }
    var actions = membership.tick(now: now).flatMap { follow($0, now: now) }
    if let outcome = state.updatePlan({ $0.rollout.event(.tick, now: now) }) {
      actions += settle(outcome, .unrelated, now: now)
    }
    if state.isServing {
      actions += considerQuiet(load, now: now)
      if load.isIdle { actions += letGo(now: now) }
      actions += considerGrowth(load, now: now)
    } else {
      actions += considerPlan(now: now) + considerGivingUp(now: now)
    }
    return actions
  }

  /// Steps are in flight but no stage has one in hand: they are lost, and are repeated.
  private mutating func considerQuiet(_ load: ClusterLoad, now: Duration) -> [ClusterAction] {
    guard let lastStep = load.lastStep, case .serving(let serving) = state else { return [] }
    let stages = serving.plan.layers.stages.compactMap { membership[$0.worker] }
    guard !stages.contains(where: { $0.busySince != nil }) else { return [] }
    let last = stages.map(\.lastProgress).reduce(max(lastStep, serving.since), max)
    guard now - last >= settings.quietLimit else { return [] }
    return interrupt(.stepLost, "a step is in flight but no stage has had one in hand for \(now - last)", now: now)
  }

  private mutating func considerGivingUp(now: Duration) -> [ClusterAction] {
    guard hasServed, let outage = state.outage, !outage.hasGivenUp, now - outage.since >= settings.capacityWait else {
      return []
    }
    state.updateOutage { $0.hasGivenUp = true }
    let why =
      outage.refusal?.reason ?? "\(candidates.count) of \(settings.neededWorkerCount) workers are present"
    return [.giveUp(reason: "\(outage.reason ?? "workers were lost"), and no plan has served since: \(why)")]
  }
}
