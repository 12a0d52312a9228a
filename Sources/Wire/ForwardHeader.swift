package import Core

/// Frame 1 of a forward message, from the coordinator through all stages: what this step computes.
///
/// Frame 2, between stages and when there are entries, holds the hidden states: `[rowCount, hiddenSize]` little-endian
/// f32, rows in the order of the entries and of their tokens: of those entries that the stage it goes to reads.
package struct ForwardHeader: Hashable, Sendable {
  package var epoch: PlanEpoch
  /// Counts up by one within an epoch.
  package var step: UInt64
  /// Width of the rows in frame 2.
  package var hiddenSize: Int
  /// At most `Limits.maximumStepEntryCount`, no sequence twice.
  package var entries: [ForwardEntry]
  /// Sequences whose state ends before this step is computed.
  package var releases: [SequenceID]
  /// Why an earlier stage could not compute the step; then there is no payload, and later stages only apply the
  /// releases and pass the header on. At most `WireLimits.maximumStringByteCount` bytes of UTF-8; encoding cuts the
  /// rest.
  package var failure: String?
  /// Sequences that an earlier stage could not go on with; their entries are gone from the step.
  package var failed: [SequenceFailure]
  /// What each stage before spent, in order; at most `Limits.maximumWorkerCount`.
  package var timings: [StageTiming]
  /// Sequences that go on out of an earlier epoch. Only in step 1, before which a stage forgets all others. No sequence
  /// twice, at most `WireLimits.maximumResidentSequenceCount`.
  package var resumes: [ResumedSequence]

  package init(
    epoch: PlanEpoch, step: UInt64, hiddenSize: Int, entries: [ForwardEntry], releases: [SequenceID] = [],
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
  /// Rows of hidden states that the stage reads: the tokens of its entries.
  package func rowCount(readBy stage: Int) -> Int {
    entries.reduce(0) { $0 + ($1.isRead(by: stage) ? $1.tokens.count : 0) }
  }
  /// Bytes of frame 2 on its way to the stage; `Int.max`, which no frame has, when the numbers overflow.
  package func payloadByteCount(to stage: Int) -> Int {
    Wire.payloadByteCount(rows: rowCount(readBy: stage), width: hiddenSize)
  }
}

/// One sequence's share of a step: a chunk of its prompt, or its newest token.
package struct ForwardEntry: Hashable, Sendable {
  package var sequence: SequenceID
  /// Position of the first token; equals the tokens already in the sequence's cache.
  package var startPosition: Int
  /// At least one.
  package var tokens: [TokenID]
  /// Pages to append to the sequence's page table before the tokens are stored.
  package var newPages: [PageID]
  package var policy: SelfExtendPolicy
  /// Set in the sequence's first entry, and only there.
  package var opening: SequenceStart?
  /// Whether the last row is turned into a new token.
  package var samples: Bool
  /// Whether the logits after the last row are wanted.
  package var wantsLogits: Bool
  /// Best alternatives wanted with the new token; nil wants no log-probability either.
  package var topLogprobCount: Int?
  /// Position of the first token whose log-probability given its predecessors is wanted, at least 1; nil wants none.
  package var scoresFrom: Int?
  /// The prompt's token after this chunk, so that the last row can score it.
  package var followingToken: TokenID?
  /// The stages that read these tokens again after a loss, while the others hold them; empty when all read them.
  package var rebuilding: StageSet

  package init(
    sequence: SequenceID, startPosition: Int, tokens: [TokenID], newPages: [PageID] = [], policy: SelfExtendPolicy,
    opening: SequenceStart? = nil, samples: Bool = false, wantsLogits: Bool = false, topLogprobCount: Int? = nil,
    scoresFrom: Int? = nil, followingToken: TokenID? = nil, rebuilding: StageSet = StageSet()
  ) {
    self.sequence = sequence
    self.startPosition = startPosition
    self.tokens = tokens
    self.newPages = newPages
    self.policy = policy
    self.opening = opening
    self.samples = samples
    self.wantsLogits = wantsLogits
    self.topLogprobCount = topLogprobCount
    self.scoresFrom = scoresFrom
    self.followingToken = followingToken
    self.rebuilding = rebuilding
  }

  /// Whether the stage runs its layers over the entry.
  package func isRead(by stage: Int) -> Bool { rebuilding.isEmpty || rebuilding.contains(stage) }
}

/// What the stages keep of a sequence from its first entry to its release.
package struct SequenceStart: Hashable, Sendable {
  package var sampling: SamplingParameters
  /// Pages of the ring of neighbor keys; empty under a policy that does not group.
  package var neighborPages: [PageID]
  /// Tokens of the prompt, at least 1. What comes after them was generated, also when it is read again after a loss.
  package var promptTokenCount: Int

  package init(sampling: SamplingParameters, neighborPages: [PageID] = [], promptTokenCount: Int) {
    self.sampling = sampling
    self.neighborPages = neighborPages
    self.promptTokenCount = promptTokenCount
  }
}

/// A sequence that a stage could not go on with, while the others of the step could.
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
