import Core

@testable import Scheduling

/// A scheduler whose stages take the time that a formula says, on a clock of its own.
final class PacedPipeline {
  private(set) var scheduler: Scheduler
  private(set) var now = Duration.zero
  /// When each sequence got its tokens.
  private(set) var tokenTimes: [SequenceID: [Duration]] = [:]
  private(set) var finished: Set<SequenceID> = []
  /// Prompt tokens of each step that carried decodes.
  private(set) var shares: [Int] = []
  /// Steps of decodes that were sent while a prompt waited.
  private(set) var loneDecodeStepCount = 0
  /// How many times as long as the formula says everything takes from now on.
  var slowness = 1.0
  private let stageSeconds: (StepPlan) -> Double
  private var stageFree: [Duration]
  private var flying: [(plan: StepPlan, arrival: Duration)] = []
  private static let hop = Duration.microseconds(60)

  init(stages: Int, latencyTarget: Double = 2, stageSeconds: @escaping (StepPlan) -> Double) {
    self.stageSeconds = stageSeconds
    stageFree = Array(repeating: .zero, count: stages)
    scheduler = Scheduler(
      limits: SchedulerLimits(
        stageCount: stages, stepTokenBudget: 300, chunkTokenCount: 256, maximumRunningSequences: 16,
        maximumWaitingRequests: 16, pageCount: 4000, contextLength: 40_000, adaptsChunks: true,
        latencyTarget: latencyTarget))
  }

  func submit(_ id: UInt64, prompt: Int, new: Int) throws {
    try scheduler.submit(SchedulerBench.request(id, prompt: prompt, new: new), now: now)
  }

  func run(until isReached: (PacedPipeline) -> Bool) throws {
    while !isReached(self) {
      while let plan = scheduler.nextStep(now: now) { send(plan) }
      guard !flying.isEmpty else { return }
      let (plan, arrival) = flying.removeFirst()
      now = max(now, arrival)
      let updates = try scheduler.complete(
        StepCompletion(
          step: plan.step,
          entries: plan.entries.map { entry in
            .init(sequence: entry.sequence, sampled: entry.output.sampledRows.map { _ in SampledToken(5) })
          }, slowestStageSeconds: seconds(plan), now: now))
      for update in updates {
        switch update {
        case .token(let id, _): tokenTimes[id, default: []].append(now)
        case .finished(let id, _): finished.insert(id)
        default: break
        }
      }
    }
  }

  private func seconds(_ plan: StepPlan) -> Double { stageSeconds(plan) * slowness }

  private func send(_ plan: StepPlan) {
    if plan.chunks.isEmpty, !scheduler.sequences.prefilling.isEmpty { loneDecodeStepCount += 1 }
    if plan.decodeCount > 0, !plan.chunks.isEmpty {
      shares.append(plan.chunks.reduce(0) { $0 + $1.tokens.count })
    }
    var time = now + Self.hop
    for stage in stageFree.indices {
      time = max(time, stageFree[stage]) + .seconds(seconds(plan))
      stageFree[stage] = time
      time += Self.hop
    }
    flying.append((plan, time))
  }

  /// The time between tokens that all but one in twenty are within, from one moment to another.
  func slowToken(of ids: ClosedRange<UInt64>, in span: Range<Duration>) -> Double {
    let gaps = ids.flatMap { id -> [Double] in
      let times = (tokenTimes[SequenceID(id)] ?? []).filter { span.contains($0) }
      return zip(times, times.dropFirst()).map { ($1 - $0) / .seconds(1) }
    }
    return gaps.sorted()[gaps.count * 95 / 100]
  }
}
