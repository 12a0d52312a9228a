import Logging
import Scheduling

/// What recoveries cost since the coordinator's start, in tokens of running sequences.
package struct RecoveryTotals: Hashable, Sendable {
  /// Recomputed by the stages that had lost them.
  package private(set) var replayedTokenCount = 0
  /// Recomputed by all stages.
  package private(set) var rereadTokenCount = 0

  package init() {}

  mutating func add(_ report: RecoveryReport) {
    replayedTokenCount += report.replayedTokenCount
    rereadTokenCount += report.rereadTokenCount
  }
}

extension RecoveryReport {
  /// For the log; empty when no request was running.
  var metadata: Logger.Metadata {
    guard keptSequenceCount + replayedSequenceCount + rereadSequenceCount > 0 else { return [:] }
    return [
      "kept_sequences": "\(keptSequenceCount)", "replayed_sequences": "\(replayedSequenceCount)",
      "replayed_tokens": "\(replayedTokenCount)", "reread_sequences": "\(rereadSequenceCount)",
      "reread_tokens": "\(rereadTokenCount)",
    ]
  }
}
