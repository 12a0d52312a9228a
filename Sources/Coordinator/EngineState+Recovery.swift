import Cluster
import Core
import Logging
import Scheduling

extension EngineState {
  /// Lets running sequences go on under the plan in force, out of what its stages still have.
  mutating func resume(limits: SchedulerLimits, stages: [String]) -> RecoveryReport {
    var scheduler = self.scheduler ?? Scheduler(limits: limits)
    let choice = RecoveryChoice(held: stages.map { held[$0] ?? [] })
    let report = scheduler.resume(limits: limits, stagesHold: choice.hasAny) { choice.rebuilding($0, length: $1) }
    self.scheduler = scheduler
    servedEpoch = control.epoch
    recoveries.add(report)
    metrics.noteServing(report)
    for sequence in report.lost {
      fail(sequence, EngineError.notReady("the cluster that is left has too little cache for the request"))
    }
    return report
  }
}

/// What recoveries cost since the coordinator's start, in tokens of sequences that were under way.
package struct RecoveryTotals: Hashable, Sendable {
  /// Read again by the stages that had lost them.
  package private(set) var replayedTokenCount = 0
  /// Read again by all stages.
  package private(set) var rereadTokenCount = 0

  package init() {}

  mutating func add(_ report: RecoveryReport) {
    replayedTokenCount += report.replayedTokenCount
    rereadTokenCount += report.rereadTokenCount
  }
}

extension RecoveryReport {
  /// For the log; nothing when no request was under way.
  var metadata: Logger.Metadata {
    guard keptSequenceCount + replayedSequenceCount + rereadSequenceCount > 0 else { return [:] }
    return [
      "kept_sequences": "\(keptSequenceCount)", "replayed_sequences": "\(replayedSequenceCount)",
      "replayed_tokens": "\(replayedTokenCount)", "reread_sequences": "\(rereadSequenceCount)",
      "reread_tokens": "\(rereadTokenCount)",
    ]
  }
}
