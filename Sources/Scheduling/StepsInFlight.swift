import Core

/// The steps that were sent and are not completed, oldest first, and what completed ones took.
struct StepsInFlight: Sendable {
  private var steps: [InFlightStep] = []
  private var nextNumber: UInt64 = 1
  /// What decodes took under the plan in force.
  private var decodePace = DecodeBatchTuner()
  /// What the slowest stage last took for a prompt token; nil before that is known.
  private(set) var secondsPerPromptToken: Double?

  var count: Int { steps.count }
  var isEmpty: Bool { steps.isEmpty }
  var oldest: InFlightStep? { steps.first }
  /// Steps that carry a decode.
  var decodeStepCount: Int { steps.count { $0.carriesDecodes } }

  /// Whether the step's result was taken already: another one is a repetition.
  func isCompleted(_ step: UInt64) -> Bool { step < steps.first?.number ?? nextNumber }

  /// How many steps of decodes should be in flight, by what they took.
  mutating func wantedDecodeStepCount(decoding: Int, stageCount: Int) -> Int {
    decodePace.stepsInFlight(decoding: decoding, stageCount: stageCount)
  }

  /// Counts a step as in flight and returns its number.
  mutating func add(_ entries: [PlannedEntry], now: Duration?) -> UInt64 {
    defer { nextNumber += 1 }
    steps.append(InFlightStep(number: nextNumber, entries: entries, sent: now))
    steps[steps.count - 1].decodeStepCount = pureDecodeStepCount
    return nextNumber
  }

  /// Takes the result of the oldest step: returns its entries and the tokens sampled of each. Throws, with nothing
  /// changed,
  /// when the result is not that step's.
  mutating func complete(
    _ completion: StepCompletion
  ) throws(CompletionError) -> (entries: [PlannedEntry], sampled: [SequenceID: [SampledToken]]) {
    guard let step = steps.first, step.number == completion.step else {
      throw .unexpectedStep(step: completion.step, expected: steps.first?.number)
    }
    let sampled = try step.sampledTokens(in: completion)
    if let sent = step.sent, let now = completion.now, let count = step.decodeStepCount, count == pureDecodeStepCount {
      decodePace.note(steps: count, rows: step.entries.count, seconds: (now - sent) / .seconds(1))
    }
    // A few tokens would mostly measure what a step costs at all.
    if let seconds = completion.slowestStageSeconds, step.prefillTokenCount >= ChunkSize.leastTokenCount {
      secondsPerPromptToken = seconds / Double(step.prefillTokenCount)
    }
    steps.removeFirst()
    return (step.entries, sampled)
  }

  /// The plan is over: results of its steps are refused from now on, and the next one counts from 1 again.
  mutating func forget() {
    steps = []
    nextNumber = 1
    decodePace = DecodeBatchTuner()
  }

  /// Steps in flight, if all of them are of decodes alone.
  private var pureDecodeStepCount: Int? { steps.allSatisfy(\.isOfDecodesAlone) ? steps.count : nil }
}

/// An entry with what the scheduler remembers of it until its step is completed.
struct PlannedEntry: Sendable {
  let entry: StepEntry
  /// Whether its tokens are prefilled rather than decoded: prompt tokens, or tokens computed again after a loss.
  let isPrefill: Bool
}

/// A step that was sent and not completed.
struct InFlightStep: Sendable {
  let number: UInt64
  let entries: [PlannedEntry]
  let sent: Duration?
  /// Steps in flight when it was sent, it among them; nil if not all of them were of decodes alone.
  var decodeStepCount: Int?
  var isOfDecodesAlone: Bool { !entries.isEmpty && !entries.contains { $0.isPrefill } }
  var carriesDecodes: Bool { entries.contains { !$0.isPrefill } }
  var prefillTokenCount: Int { entries.reduce(0) { $0 + ($1.isPrefill ? $1.entry.tokens.count : 0) } }

  /// The sampled tokens by sequence, checked against what the step asked for.
  fileprivate func sampledTokens(
    in completion: StepCompletion
  ) throws(CompletionError) -> [SequenceID: [SampledToken]] {
    var wanted: [SequenceID: Int] = [:]
    for planned in entries { wanted[planned.entry.sequence] = planned.entry.output.sampledRows.count }
    var sampled: [SequenceID: [SampledToken]] = [:]
    for entry in completion.entries {
      guard let count = wanted[entry.sequence] else { throw .unknownSequence(entry.sequence, step: number) }
      guard sampled[entry.sequence] == nil else { throw .doubledSequence(entry.sequence, step: number) }
      guard entry.sampled.count <= count else { throw .unaskedToken(entry.sequence, step: number) }
      sampled[entry.sequence] = entry.sampled
    }
    for id in entries.map(\.entry.sequence) where completion.failed[id] == nil {
      guard sampled[id]?.count ?? 0 == wanted[id] else { throw .missingToken(id, step: number) }
    }
    return sampled
  }
}
