import Core

/// How long the steps of a workload take in each stage of a split and between stages, and what follows for the
/// pipeline. Picoseconds.
struct PipelineTimes: Hashable, Sendable {
  /// Of one step, by stage, while as many stages work as a full pipeline lets.
  let prefill: [Double]
  let decode: [Double]
  let links: LinkTimes
  /// Of one step, by stage, while the others wait.
  private let prefillAlone: [Double]
  private let decodeAlone: [Double]
  private let workload: Workload
  private let prefillLoad: StepLoad
  private let decodeLoad: StepLoad

  /// - Parameters:
  ///   - costs: of each worker.
  ///   - split: not empty.
  ///   - rowByteCount: of one token's hidden states.
  init(
    costs: [StageCosts], workers: [WorkerResources], split: [LayerSplit.Stage], workload: Workload,
    links: WorkerLinks = WorkerLinks(), rowByteCount: Int = 0
  ) {
    func alone(_ phase: Phase) -> [Double] {
      split.map { costs[$0.worker].stepTime($0.lower, $0.upper, phase, workers[$0.worker].speed) }
    }
    func together(_ phase: Phase, _ alone: [Double]) -> [Double] {
      SharedHost.timesTogether(
        alone,
        hosts: split.map { stage in
          workers[stage.worker].host.map {
            ($0.name, costs[stage.worker].stepTime(stage.lower, stage.upper, phase, $0.speed))
          }
        })
    }
    self.workload = workload
    prefillLoad = costs[0].load(.prefill)
    decodeLoad = costs[0].load(.decode)
    (prefillAlone, decodeAlone) = (alone(.prefill), alone(.decode))
    prefill = together(.prefill, prefillAlone)
    // One group of sequences is in one stage at a time.
    decode = decodeLoad.stepCount > workload.answerTokenCount ? together(.decode, decodeAlone) : decodeAlone
    self.links = LinkTimes(
      links, workers: split.map { workers[$0.worker].name }, rowByteCount: rowByteCount,
      prefillRows: prefillLoad.rowCount, decodeRows: decodeLoad.rowCount)
  }

  func steps(_ phase: Phase) -> [Double] { phase == .prefill ? prefill : decode }

  private static func sum(_ times: [Double]) -> Double { times.reduce(0, +) }

  /// Of the stages.
  func slowest(_ phase: Phase) -> Double { steps(phase).max() ?? 0 }

  /// The time between two steps of a full pipeline: while a stage computes, links carry what others computed.
  private func interval(_ phase: Phase) -> Double { max(slowest(phase), links.transfers(phase).max() ?? 0) }

  /// One step of the phase through all stages and links, alone.
  private func passage(_ phase: Phase) -> Double {
    Self.sum(phase == .prefill ? prefillAlone : decodeAlone) + Self.sum(links.passages(phase))
  }

  /// A prompt alone, from its first chunk into the first stage to its last out of the last, with the first token.
  var prompt: Double {
    Double(prefillLoad.stepsPerHead - 1) * interval(.prefill) + passage(.prefill)
  }

  /// Groups of sequences that follow each other.
  private var groupCount: Double { Double(decodeLoad.stepCount) / Double(workload.answerTokenCount) }

  /// One token for every sequence: their groups follow each other, or one waits for itself.
  var round: Double { max(groupCount * interval(.decode), passage(.decode) + links.back) }

  /// All prompts, one after the other, then all answers.
  var whole: Double {
    Double(prefillLoad.stepCount - 1) * interval(.prefill) + passage(.prefill)
      + Double(workload.answerTokenCount) * round
  }

  /// A prompt's chunks in one stage.
  func promptInStage(_ index: Int) -> Double { prefill[index] * Double(prefillLoad.stepsPerHead) }

  var promptTokensPerSecond: Double { Double(prefillLoad.rowCount) / max(interval(.prefill), 1) * 1e12 }
  var answerTokensPerSecond: Double { Double(workload.sequenceCount) / max(round, 1) * 1e12 }

  /// The link that takes longer than any stage; nil where a stage is the slowest. A round that no full pipeline hides
  /// waits for delays, too.
  func limitingLink(_ phase: Phase) -> (hop: LinkTimes.Hop, time: Double)? {
    let waits = phase == .decode && passage(.decode) + links.back > groupCount * interval(.decode)
    let times = waits ? links.passages(phase) : links.transfers(phase)
    guard let index = times.indices.max(by: { times[$0] < times[$1] }), times[index] > slowest(phase) else {
      return nil
    }
    return (links.hops[index], times[index])
  }
}
