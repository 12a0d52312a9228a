import Cluster
import Core
import Scheduling

extension ClusterStatus.Model {
  init(_ model: ServedModel) {
    self.init(
      id: model.id, architecture: model.configuration.architecture, layers: model.configuration.layerCount,
      trainedLength: model.configuration.trainedLength, contextLength: model.contextLength)
  }
}

extension ClusterStatus.Phase {
  init(_ phase: ClusterPhase) {
    switch phase {
    case .gathering(let present, let needed):
      self.init(name: "gathering", reason: "\(present) of \(needed) workers have joined")
    case .rollingOut(.loading): self.init(name: "loading", reason: nil)
    case .rollingOut: self.init(name: "assigning", reason: nil)
    case .serving: self.init(name: "serving", reason: nil)
    case .recovering(let reason): self.init(name: "recovering", reason: reason)
    case .failed(let reason): self.init(name: "failed", reason: reason)
    }
  }
}

extension ClusterStatus.Plan {
  /// - Parameters:
  ///   - fractions: loaded shares of the stages; nil once all are ready.
  ///   - link: between two workers.
  init(
    _ plan: LayerPlan, _ epoch: PlanEpoch, loaded fractions: [Double]?, link: (String, String) -> WorkerLink
  ) {
    self.init(
      epoch: epoch.rawValue, reasons: plan.reasons,
      stages: plan.stages.enumerated().map { index, stage in
        let next = plan.stages.dropFirst(index + 1).first
        return ClusterStatus.Stage(
          worker: stage.worker, firstLayer: stage.layers.lower, layerCount: stage.layers.count,
          hasEmbedding: stage.hasEmbedding, hasHead: stage.hasHead, weightBytes: stage.weightByteCount,
          cacheBytes: stage.kvByteCount, loaded: fractions.map { $0.indices.contains(index) ? $0[index] : 0 } ?? 1,
          link: next.flatMap { ClusterStatus.Link(link(stage.worker, $0.worker)) })
      })
  }
}

extension ClusterStatus.Link {
  /// Nil where nothing measured it.
  init?(_ link: WorkerLink) {
    guard link != .unknown else { return nil }
    self.init(
      megabitsPerSecond: link.bytesPerSecond * 8e-6, roundTripMilliseconds: link.roundTripSeconds * 1e3)
  }
}

extension ClusterStatus.Worker {
  /// - Parameter offer: nil for a worker that is not registered.
  init(_ member: Member, stage: Int?, offer: StageOffer?, now: Duration) {
    self.init(
      name: member.name, state: member.status.rawValue, stage: stage, silence: (now - member.lastHeard).inSeconds,
      device: offer?.device, memoryBytes: offer?.memoryByteCount, threads: offer?.threadCount,
      speed: offer?.speed.map { ClusterStatus.Speed(prefill: $0.prefill, decode: $0.decode) })
  }
}

extension ClusterStatus.Cache {
  init(_ counts: SchedulerCounts) {
    self.init(
      pages: counts.freePageCount + counts.usedPageCount + counts.keptPageCount, usedPages: counts.usedPageCount,
      pageTokens: Limits.pageSize, preemptions: counts.preemptionCount)
  }
}

extension ClusterStatus.Sequence {
  init(_ progress: SequenceProgress) {
    self.init(
      id: progress.sequence.rawValue, phase: progress.phase.rawValue, promptTokens: progress.promptTokenCount,
      computedTokens: progress.computedTokenCount, generatedTokens: progress.generatedTokenCount,
      pages: progress.pageCount, method: progress.policy.methodName, groupSize: progress.policy[.groupSize],
      neighborWindow: progress.policy[.neighborWindow], farStart: progress.policy[.farStart])
  }
}

extension ClusterStatus.Event {
  init(_ event: ClusterHistory.Event) {
    self.init(time: event.time.inSeconds, kind: event.kind.rawValue, text: event.text)
  }
}

extension ClusterStatus.Step {
  init(_ step: StepHistory.Step) {
    self.init(
      number: step.number, sent: step.sent.inSeconds, completed: step.completed.inSeconds,
      prefillTokens: step.rows.prefillCount, decodeTokens: step.rows.decodeCount,
      stages: step.timings.map { timing in
        [timing.waitNanoseconds, timing.transferNanoseconds, timing.computeNanoseconds].map { $0 / 1000 }
      })
  }
}
