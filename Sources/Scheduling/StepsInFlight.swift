import Core

/// The steps that were sent and are not completed, oldest first, and what completed ones took.
struct StepsInFlight: Sendable {
  private var steps: [InFlightStep] = []
  private var nextNumber: UInt64 = 1
  /// What decodes took under the plan in force.
  private var decodePace = DecodeBatchTuner()
  /// What prompts beside them cost them.
  private var prefillShare = PrefillShare()
  /// Whether prompts wait so that decodes are measured without them.
  private var probe = DecodeProbe()
  /// What the slowest stage took for a step's tokens.
  private var stagePace = PaceLine()
  private var completedCount = 0
  /// What the slowest stage last took for a prompt token; nil before that is known.
  private var secondsPerPromptToken: Double?
  /// Prompt tokens of a step below which a token's price would mostly be what a step costs at all.
  private static let leastTokenCount = 32

  var count: Int { steps.count }
  var isEmpty: Bool { steps.isEmpty }
  /// Positions of each sequence that are being computed, and those between them.
  func positions(ofOldestStepOnly: Bool) -> [SequenceID: Range<Int>] {
    steps.prefix(ofOldestStepOnly ? 1 : .max).flatMap(\.entries).reduce(into: [:]) { positions, planned in
      let range = planned.entry.startPosition..<planned.entry.endPosition
      let known = positions[planned.entry.sequence] ?? range
      positions[planned.entry.sequence] =
        min(known.lowerBound, range.lowerBound)..<max(known.upperBound, range.upperBound)
    }
  }

  /// Steps that carry a decode.
  var decodeStepCount: Int { steps.count { $0.carriesDecodes } }

  /// Whether the step's result was taken already: another one is a repetition.
  func isCompleted(_ step: UInt64) -> Bool { step < steps.first?.number ?? nextNumber }

  /// How many steps of decodes should be in flight, by what they took.
  mutating func wantedDecodeStepCount(decoding: Int, stageCount: Int) -> Int {
    decodePace.stepsInFlight(decoding: decoding, stageCount: stageCount)
  }

  /// Prompt tokens that the next step takes beside decodes.
  /// - Parameters:
  ///   - decoding: sequences, those in flight included.
  ///   - stepCount: steps in flight at most.
  func prefillTokenCount(decoding: Int, latencyTarget: Double, stageCount: Int, stepCount: Int) -> Int {
    prefillShare.tokenCount(
      alone: secondsAlone(decoding: decoding, stageCount: stageCount), latencyTarget: latencyTarget,
      stepCount: stepCount, secondsPerToken: secondsPerPromptToken)
  }

  /// Seconds from one token of the decodes to the next with no prompt beside them: measured, else what their rows took
  /// beside others; nil before anything is known.
  func secondsAlone(decoding: Int, stageCount: Int) -> Double? {
    decodePace.seconds(decoding: decoding, stageCount: stageCount)
      ?? stagePace.seconds(rows: Double(decoding)).map { $0 * Double(stageCount) }
  }

  /// Whether prompts wait, so that what decodes take alone is measured.
  /// - Parameter now: nil where steps are not measured.
  mutating func measuresAlone(decoding: Int, stageCount: Int, now: Duration?) -> Bool {
    guard let now else { return false }
    probe.beginIfDue(now: now, alone: secondsAlone(decoding: decoding, stageCount: stageCount), stageCount: stageCount)
    return probe.isRunning
  }

  /// What one more row costs a step of so many decodes, as a share of what it takes for each of them.
  func rowPrice(decoding: Int) -> Double {
    let rows = Double(decoding)
    guard let all = stagePace.seconds(rows: rows), let more = stagePace.seconds(rows: rows + 4), all > 0 else {
      return 0
    }
    return max(0, more - all) / 4 * rows / all
  }

  /// Counts a step as in flight and returns its number.
  /// - Parameter secondsAlone: what its decodes would take without a prompt beside; nil where that is not measured.
  mutating func add(_ entries: [PlannedEntry], now: Duration?, secondsAlone: Double? = nil) -> UInt64 {
    defer { nextNumber += 1 }
    var step = InFlightStep(number: nextNumber, entries: entries, sent: now, secondsAlone: secondsAlone)
    step.stepCount = steps.count + 1
    step.prefillTokensInFlight = steps.reduce(step.prefillTokenCount) { $0 + $1.prefillTokenCount }
    steps.append(step)
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
    note(step, completion)
    steps.removeFirst()
    return (step.entries, sampled)
  }

  private mutating func note(_ step: InFlightStep, _ completion: StepCompletion) {
    if let sent = step.sent, let now = completion.now {
      let seconds = (now - sent) / .seconds(1)
      if let count = step.decodeStepCount, count == pureDecodeStepCount {
        decodePace.note(steps: count, rows: step.tokenCount, seconds: seconds, replacesOld: probe.isFirst)
        probe.noteMeasured(now: now)
      }
      if let alone = step.secondsAlone, step.carriesDecodes {
        prefillShare.note(
          tokens: step.prefillTokensInFlight, stepCount: step.stepCount, seconds: seconds, alone: alone)
      }
    }
    probe.noteCompleted()
    guard let seconds = completion.slowestStageSeconds, seconds > 0 else { return }
    completedCount += 1
    stagePace.note(rows: Double(step.tokenCount), seconds: seconds, number: completedCount)
    if step.prefillTokenCount >= Self.leastTokenCount {
      secondsPerPromptToken = seconds / Double(step.prefillTokenCount)
    }
  }

  /// The plan is over: results of its steps are refused from now on, and the next one counts from 1 again.
  mutating func forget() {
    steps = []
    nextNumber = 1
    (decodePace, prefillShare, stagePace) = (DecodeBatchTuner(), PrefillShare(), PaceLine())
    probe = DecodeProbe()
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
  /// What its decodes would take without a prompt beside.
  let secondsAlone: Double?
  /// Steps in flight when it was sent, it among them, and their prompt tokens.
  var stepCount = 1
  var prefillTokensInFlight = 0
  /// Steps in flight when it was sent, it among them; nil if not all of them were of decodes alone.
  var decodeStepCount: Int?
  var isOfDecodesAlone: Bool { !entries.isEmpty && !entries.contains { $0.isPrefill } }
  var carriesDecodes: Bool { entries.contains { !$0.isPrefill } }
  var tokenCount: Int { entries.reduce(0) { $0 + $1.entry.tokens.count } }
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
