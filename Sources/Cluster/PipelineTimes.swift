import Core

/// How long the steps of a workload take in each stage of a split, and what follows for the pipeline. Picoseconds.
struct PipelineTimes: Hashable, Sendable {
  /// Of one step, by stage.
  let prefill: [Double]
  let decode: [Double]
  private let workload: Workload
  private let prefillLoad: StepLoad
  private let decodeLoad: StepLoad

  /// - Parameters:
  ///   - costs: of each worker.
  ///   - split: not empty.
  init(costs: [StageCosts], workers: [WorkerResources], split: [LayerSplit.Stage], workload: Workload) {
    func times(_ phase: Phase) -> [Double] {
      split.map { costs[$0.worker].stepTime($0.lower, $0.upper, phase, workers[$0.worker].speed) }
    }
    (prefill, decode) = (times(.prefill), times(.decode))
    self.workload = workload
    prefillLoad = costs[0].load(.prefill)
    decodeLoad = costs[0].load(.decode)
  }

  func steps(_ phase: Phase) -> [Double] { phase == .prefill ? prefill : decode }

  private static func sum(_ times: [Double]) -> Double { times.reduce(0, +) }

  func slowest(_ phase: Phase) -> Double { steps(phase).max() ?? 0 }

  /// A prompt alone, from its first chunk into the first stage to its last out of the last.
  var prompt: Double {
    Double(prefillLoad.stepsPerHead - 1) * slowest(.prefill) + Self.sum(prefill)
  }

  /// One token for every sequence: their groups follow each other, or one waits for itself.
  var round: Double {
    let groupCount = Double(decodeLoad.stepCount) / Double(workload.answerTokenCount)
    return max(groupCount * slowest(.decode), Self.sum(decode))
  }

  /// All prompts, one after the other, then all answers.
  var whole: Double {
    Double(prefillLoad.stepCount - 1) * slowest(.prefill) + Self.sum(prefill)
      + Double(workload.answerTokenCount) * round
  }

  /// A prompt's chunks in one stage.
  func promptInStage(_ index: Int) -> Double { prefill[index] * Double(prefillLoad.stepsPerHead) }

  var promptTokensPerSecond: Double { Double(prefillLoad.rowCount) / max(slowest(.prefill), 1) * 1e12 }
  var answerTokensPerSecond: Double { Double(workload.sequenceCount) / max(round, 1) * 1e12 }
}
