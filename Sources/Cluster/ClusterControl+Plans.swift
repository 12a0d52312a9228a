import Core

/// When a plan is searched, over which workers, and what an answer means.
extension ClusterControl {
  /// Asks for a plan when there is none and it is time, and for a better one when workers drain.
  mutating func considerPlan(now: Duration) -> [ClusterAction] {
    switch state {
    case .gathering(let outage): return seekPlan(outage, pending: nil, now: now)
    case .planning(let outage, let question): return seekPlan(outage, pending: question, now: now)
    case .serving: return considerDrains()
    case .failed: return dismissDrained()
    case .rollingOut: return []
    }
  }

  /// - Parameter pending: the question that is being answered; dropped when the workers are no longer those.
  private mutating func seekPlan(_ outage: Outage, pending: PlanQuestion?, now: Duration) -> [ClusterAction] {
    state = .gathering(outage)
    let workers = candidates
    let isEnough = workers.count >= settings.neededWorkerCount
    guard !workers.isEmpty, isEnough || hasServed else { return retryExcluded(now: now) }
    guard isEnough || now - outage.since >= settings.replacementWait else { return [] }
    guard hasServed || !pool.awaitsLoaded(workers, now: now) else { return [] }
    let question = question(over: workers)
    guard !question.isSame(as: outage.refusal?.question) else { return retryExcluded(now: now) }
    if let pending, pending.isSame(as: question) {
      state = .planning(outage, pending)
      return []
    }
    return ask(question) { .planning(outage, $0) }
  }

  /// Without the excluded workers no plan works. Some may be able to hold a stage by now.
  private mutating func retryExcluded(now: Duration) -> [ClusterAction] {
    guard pool.readmit(now: now) else { return [] }
    return considerPlan(now: now)
  }

  private func question(over workers: [String]) -> PlanQuestion {
    pool.question(over: workers, version: questionVersion + 1)
  }

  private mutating func ask(_ question: PlanQuestion, _ next: (PlanQuestion) -> ClusterState) -> [ClusterAction] {
    questionVersion = question.version
    state = next(question)
    return [.plan(question)]
  }

  // MARK: Answers

  /// Begins the plan that was found. Drops a stale answer.
  mutating func take(_ answer: PlanAnswer, now: Duration) -> [ClusterAction] {
    switch state {
    case .planning(let outage, let question) where question.version == answer.version:
      state = .gathering(outage)
      switch answer.result {
      case .success(let proposal):
        return isCurrent(proposal) ? begin(proposal, outage, now: now) : considerPlan(now: now)
      case .failure(let infeasible):
        return refuse(question, infeasible, outage, now: now)
      }
    case .serving(var serving) where serving.replan?.question.version == answer.version:
      guard let replan = serving.replan else { return [] }
      serving.replan = nil
      switch answer.result {
      case .success(let proposal):
        state = .serving(serving)
        guard isCurrent(proposal) else { return considerPlan(now: now) }
        return [.interrupt(.unrelated, reason: replan.reason)]
          + begin(proposal, Outage(since: now, reason: replan.reason), now: now)
      case .failure(let infeasible):
        serving.refusal = PlanRefusal(question: replan.question, reason: infeasible.reason)
        state = .serving(serving)
        return []
      }
    case .gathering, .planning, .rollingOut, .serving, .failed: return []
    }
  }

  /// Whether every worker with a stage may still get one.
  private func isCurrent(_ proposal: ProposedPlan) -> Bool {
    Set(candidates).isSuperset(of: proposal.layers.stages.map(\.worker))
  }

  private mutating func refuse(
    _ question: PlanQuestion, _ infeasible: InfeasiblePlan, _ outage: Outage, now: Duration
  ) -> [ClusterAction] {
    // After the first plan, workers that can hold the model may return.
    guard hasServed || (settings.awaitsOthers && !pool.lastStages.isEmpty) else {
      return fail(reason: "\(infeasible)", infeasible)
    }
    let isNews = outage.refusal?.reason != infeasible.reason
    state.updateOutage { $0.refusal = PlanRefusal(question: question, reason: infeasible.reason) }
    let notes = isNews ? [ClusterAction.note("no plan over \(question.all.count) workers: \(infeasible.reason)")] : []
    return notes + retryExcluded(now: now)
  }

  mutating func fail(reason: String, _ infeasible: InfeasiblePlan?) -> [ClusterAction] {
    state = .failed(reason: reason)
    return [.fail(reason: reason, infeasible)]
  }

  private mutating func begin(_ proposal: ProposedPlan, _ outage: Outage, now: Duration) -> [ClusterAction] {
    epoch = epoch.next
    let workers = proposal.layers.stages.map(\.worker)
    pool.lastStages = proposal.layers.stages
    var outage = outage
    outage.refusal = nil
    let rollout = PlanRollout(epoch: epoch, workers: workers, stallLimit: settings.stallLimit, now: now)
    state = .rollingOut(
      ActivePlan(layers: proposal.layers, offered: proposal.offered, rollout: rollout), outage)
    return [.assign(proposal.layers, epoch)]
  }

  // MARK: While a plan serves

  /// Asks for a plan without the draining workers, when the plan in force needs them.
  private mutating func considerDrains() -> [ClusterAction] {
    let dismissed = dismissDrained()
    guard case .serving(let serving) = state, hasDraining(serving.plan) else { return dismissed }
    return dismissed + replan(serving, reason: "layers are moved off a draining worker")
  }

  private mutating func replan(_ serving: ServingPlan, reason: String) -> [ClusterAction] {
    let workers = candidates
    guard !workers.isEmpty else { return [] }
    let question = question(over: workers)
    guard !question.isSame(as: serving.refusal?.question), !question.isSame(as: serving.replan?.question) else {
      return []
    }
    return ask(question) {
      var serving = serving
      serving.replan = Replan(question: $0, reason: reason)
      return .serving(serving)
    }
  }

  private func hasDraining(_ plan: ActivePlan) -> Bool {
    plan.layers.stages.contains { membership[$0.worker]?.status == .draining }
  }

  /// An idle cluster lets a draining worker go although no other worker can take its layers.
  mutating func letGo(now: Duration) -> [ClusterAction] {
    guard case .serving(let serving) = state, serving.replan == nil, hasDraining(serving.plan) else { return [] }
    return interrupt(.unrelated, "the cluster is idle and a draining worker leaves", now: now) + dismissDrained()
  }

  /// Dismisses draining workers that the plan does not need.
  mutating func dismissDrained() -> [ClusterAction] {
    if case .rollingOut = state { return [] }
    let needed = Set(plan?.stages.map(\.worker) ?? [])
    let drained = membership.members.filter { $0.status == .draining && !needed.contains($0.name) }
    return drained.map { member in
      _ = membership.left(name: member.name)
      pool.remove(member.name)
      return .dismiss(worker: member.name, reason: "it was drained")
    }
  }

  /// A cluster that lost workers plans again when others have joined: at once when idle, after a while under load.
  mutating func considerGrowth(_ load: ClusterLoad, now: Duration) -> [ClusterAction] {
    guard case .serving(let serving) = state, serving.plan.offered.count < settings.neededWorkerCount,
      candidates.contains(where: { !serving.plan.offered.contains($0) }),
      load.isIdle || now - serving.since >= settings.growAfter
    else { return [] }
    return replan(serving, reason: "workers have joined: the layers are divided again")
  }
}
