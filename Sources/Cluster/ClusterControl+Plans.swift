import Core

/// Which workers the next plan is made over, and when.
extension ClusterControl {
  /// Makes a plan when there is none and it is time.
  mutating func considerPlan(now: Duration) -> [Action] {
    guard rollout == nil, failure == nil else { return considerDrains(now: now) }
    let pool = candidates
    guard !pool.isEmpty else { return retryExcluded(now: now) }
    let isEnough = pool.count >= settings.neededWorkerCount
    guard isEnough || hasServed else { return retryExcluded(now: now) }
    guard isEnough || now - gatheringSince >= settings.replacementWait else { return [] }
    guard !awaitsLoaded(pool, now: now) else { return [] }
    do throws(InfeasiblePlan) {
      return begin(try bestPlan(over: pool), now: now)
    } catch {
      // Once there was a plan, whoever can hold the model may come back.
      guard hasServed || (settings.awaitsOthers && !lastStages.isEmpty) else {
        failure = "\(error)"
        return [.fail(reason: "\(error)", error)]
      }
      let isNews = shortage != error.reason
      shortage = error.reason
      return (isNews ? [.note("no plan over \(pool.count) workers: \(error.reason)")] : []) + retryExcluded(now: now)
    }
  }

  /// Without those who could not hold their stage there is no plan. What they lacked may be there by now.
  private mutating func retryExcluded(now: Duration) -> [Action] {
    let waiting = unfit.filter { now - $0.value < settings.excludedFor }
    guard waiting.count < unfit.count else { return [] }
    unfit = waiting
    return considerPlan(now: now)
  }

  /// The plan over as many workers as are wanted, or over all when those cannot hold the model.
  private mutating func bestPlan(over pool: [String]) throws(InfeasiblePlan) -> LayerPlan {
    let wanted = Array(ordered(pool).prefix(settings.neededWorkerCount))
    do throws(InfeasiblePlan) {
      let plan = try planner.plan(workers: wanted.compactMap { resources[$0] })
      offered = Set(wanted)
      return plan
    } catch {
      guard pool.count > wanted.count else { throw error }
      let plan = try planner.plan(workers: ordered(pool).compactMap { resources[$0] })
      offered = Set(pool)
      return plan
    }
  }

  /// A coordinator that is started again finds workers with their layers: who has none of them is not taken in the
  /// place of somebody who is still to come.
  private func awaitsLoaded(_ pool: [String], now: Duration) -> Bool {
    guard !hasServed, let returnsSince, now - returnsSince < settings.returnWait else { return false }
    return loadedChain(pool)?.count != settings.neededWorkerCount
  }

  /// Those of the last plan keep their places; newcomers fill the gaps, then the end, by name. A coordinator that is
  /// started again gives the workers it finds the layers they have, in whatever order they come back.
  private func ordered(_ pool: [String]) -> [String] {
    let stages = lastStages.isEmpty ? loadedChain(pool) ?? [] : lastStages
    var fresh = pool.filter { !stages.contains($0) }.sorted()[...]
    let kept = stages.compactMap { pool.contains($0) ? $0 : fresh.popFirst() }
    return kept + fresh
  }

  /// Workers whose loaded layers follow on each other from the first to the last; nil where some are missing.
  private func loadedChain(_ pool: [String]) -> [String]? {
    let loaded = pool.compactMap { name in resources[name]?.loadedLayers.map { (name: name, layers: $0) } }
    // From a layer to the model's end, the last layers first. Of several, the first by name is written last.
    var chains = [planner.weights.layerByteCounts.count: [String]()]
    for (name, layers) in loaded.sorted(by: { ($0.layers.lower, $0.name) > ($1.layers.lower, $1.name) })
    where layers.count > 0 {
      if let rest = chains[layers.upper] { chains[layers.lower] = [name] + rest }
    }
    return chains[0]
  }

  private mutating func begin(_ plan: LayerPlan, now: Duration) -> [Action] {
    epoch = epoch.next
    self.plan = plan
    shortage = nil
    lastStages = plan.stages.map(\.worker)
    rollout = PlanRollout(epoch: epoch, workers: lastStages, stallLimit: settings.stallLimit, now: now)
    return [.assign(plan, epoch)]
  }

  /// Moves the layers of draining workers to the others, when those can hold them.
  mutating func considerDrains(now: Duration) -> [Action] {
    let dismissed = dismissDrained()
    guard let plan, rollout?.phase == .ready,
      plan.stages.contains(where: { membership[$0.worker]?.status == .draining })
    else { return dismissed }
    var next = self
    guard let better = try? next.bestPlan(over: candidates) else { return dismissed }
    offered = next.offered
    let reason = "layers are moved off a draining worker"
    rollout = nil
    lastReason = reason
    gatheringSince = now
    servingSince = nil
    return dismissed + [.interrupt(.unrelated, reason: reason)] + begin(better, now: now)
  }

  /// Nobody is disturbed when a draining worker goes now, although nobody can take its layers.
  mutating func letGo(now: Duration) -> [Action] {
    guard plan?.stages.contains(where: { membership[$0.worker]?.status == .draining }) ?? false else { return [] }
    return interrupt(.unrelated, "the cluster is idle and a draining worker goes", now: now) + dismissDrained()
  }

  /// Draining workers that the plan does not need may go.
  mutating func dismissDrained() -> [Action] {
    guard rollout == nil || rollout?.phase == .ready else { return [] }
    let needed = Set(plan?.stages.map(\.worker) ?? [])
    var actions: [Action] = []
    for member in membership.members where member.status == .draining && !needed.contains(member.name) {
      _ = membership.left(name: member.name)
      resources[member.name] = nil
      unfit[member.name] = nil
      actions.append(.dismiss(worker: member.name, reason: "it was drained"))
    }
    return actions
  }

  /// A cluster that lost workers and has got others since is planned anew, as soon as that disturbs nobody, or after a
  /// while in any case.
  mutating func considerGrowth(_ load: Load, now: Duration) -> [Action] {
    guard offered.count < settings.neededWorkerCount, candidates.contains(where: { !offered.contains($0) }),
      load.isIdle || servingSince.map({ now - $0 >= settings.growAfter }) ?? false
    else { return [] }
    return interrupt(.unrelated, "workers have joined: the layers are shared out again", now: now)
  }
}
