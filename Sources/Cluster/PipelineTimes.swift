import Core

/// How long the steps of a workload take in each stage of a split, and what follows for the pipeline. Picoseconds.
struct PipelineTimes: Hashable, Sendable {
  /// Of one step, by stage, while as many stages work as a full pipeline lets.
  let prefill: [Double]
  let decode: [Double]
  /// Of one step, by stage, while the others wait.
  private let prefillAlone: [Double]
  private let decodeAlone: [Double]
  private let workload: Workload
  private let prefillLoad: StepLoad
  private let decodeLoad: StepLoad

  /// - Parameters:
  ///   - costs: of each worker.
  ///   - split: not empty.
  init(costs: [StageCosts], workers: [WorkerResources], split: [LayerSplit.Stage], workload: Workload) {
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
  }

  func steps(_ phase: Phase) -> [Double] { phase == .prefill ? prefill : decode }

  private static func sum(_ times: [Double]) -> Double { times.reduce(0, +) }

  func slowest(_ phase: Phase) -> Double { steps(phase).max() ?? 0 }

  /// A prompt alone, from its first chunk into the first stage to its last out of the last.
  var prompt: Double {
    Double(prefillLoad.stepsPerHead - 1) * slowest(.prefill) + Self.sum(prefillAlone)
  }

  /// One token for every sequence: their groups follow each other, or one waits for itself.
  var round: Double {
    let groupCount = Double(decodeLoad.stepCount) / Double(workload.answerTokenCount)
    return max(groupCount * slowest(.decode), Self.sum(decodeAlone))
  }

  /// All prompts, one after the other, then all answers.
  var whole: Double {
    Double(prefillLoad.stepCount - 1) * slowest(.prefill) + Self.sum(prefillAlone)
      + Double(workload.answerTokenCount) * round
  }

  /// A prompt's chunks in one stage.
  func promptInStage(_ index: Int) -> Double { prefill[index] * Double(prefillLoad.stepsPerHead) }

  var promptTokensPerSecond: Double { Double(prefillLoad.rowCount) / max(slowest(.prefill), 1) * 1e12 }
  var answerTokensPerSecond: Double { Double(workload.sequenceCount) / max(round, 1) * 1e12 }
}
