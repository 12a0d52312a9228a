package import Core

/// Frame 1 of a forward message, from the coordinator through all stages: what this step computes.
///
/// Frame 2, between stages and when there are entries, holds the hidden states: `[rowCount, hiddenSize]` little-endian
/// f32, rows in the order of the entries and of their tokens: of those entries that the stage it goes to computes.
package struct ForwardHeader: Hashable, Sendable {
  package var epoch: PlanEpoch
  /// Counts up by one within an epoch.
  package var step: UInt64
  /// Width of the rows in frame 2.
  package var hiddenSize: Int
  /// At most `Limits.maximumStepEntryCount`, no sequence twice.
  package var entries: [StepEntry]
  /// Sequences whose state ends before this step is computed.
  package var releases: [SequenceID]
  /// Why an earlier stage could not compute the step; then there is no payload, and later stages only apply the
  /// releases and pass the header on. At most `WireLimits.maximumStringByteCount` bytes of UTF-8; encoding cuts the
  /// rest.
  package var failure: String?
  /// Sequences that an earlier stage could not continue; their entries are gone from the step.
  package var failed: [SequenceFailure]
  /// What each stage before spent, in order; at most `Limits.maximumWorkerCount`.
  package var timings: [StageTiming]
  /// Sequences that continue out of an earlier epoch. Only in step 1, before which a stage forgets all others. No
  /// sequence twice, at most `WireLimits.maximumResidentSequenceCount`.
  package var resumes: [ResumedSequence]

  package init(
    epoch: PlanEpoch, step: UInt64, hiddenSize: Int, entries: [StepEntry], releases: [SequenceID] = [],
    failure: String? = nil, failed: [SequenceFailure] = [], timings: [StageTiming] = [],
    resumes: [ResumedSequence] = []
  ) {
    self.epoch = epoch
    self.step = step
    self.hiddenSize = hiddenSize
    self.entries = entries
    self.releases = releases
    self.failure = failure
    self.failed = failed
    self.timings = timings
    self.resumes = resumes
  }

  /// The tokens of all entries.
  package var rowCount: Int { entries.reduce(0) { $0 + $1.tokens.count } }
  /// Rows of hidden states that the stage computes: the tokens of its entries.
  package func rowCount(computedBy stage: Int) -> Int {
    entries.reduce(0) { $0 + ($1.isComputed(by: stage) ? $1.tokens.count : 0) }
  }
  /// The end of the longest sequence that the stage computes rows of: positions that they attend to at most.
  package func depth(computedBy stage: Int) -> Int {
    entries.reduce(0) { $1.isComputed(by: stage) ? max($0, $1.endPosition) : $0 }
  }
  /// Bytes of frame 2 on its way to the stage; `Int.max`, which no frame has, when the numbers overflow.
  package func payloadByteCount(to stage: Int) -> Int {
    Wire.payloadByteCount(rows: rowCount(computedBy: stage), width: hiddenSize)
  }
}

/// A sequence that a stage could not continue, while the others of the step could.
package struct SequenceFailure: Hashable, Sendable {
  package var sequence: SequenceID
  /// A sentence; cut like `ForwardHeader.failure`.
  package var reason: String

  package init(sequence: SequenceID, reason: String) {
    self.sequence = sequence
    self.reason = reason
  }
}

/// Bytes of a float payload, saturating.
func payloadByteCount(rows: Int, width: Int) -> Int {
  let (elements, overflow) = rows.multipliedReportingOverflow(by: width)
  let (bytes, overflowAgain) = elements.multipliedReportingOverflow(by: MemoryLayout<Float>.size)
  return overflow || overflowAgain ? Int.max : bytes
}
