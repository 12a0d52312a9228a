import Core

extension Scheduler {
  /// Takes the result of the oldest step in flight and returns what it means, entry by entry in the step's
  /// order. Throws, with nothing changed, when the result is not that step's.
  package mutating func complete(_ completion: StepCompletion) throws(CompletionError) -> [SequenceUpdate] {
    guard let step = inFlight.first, step.step == completion.step else {
      throw .unexpectedStep(step: completion.step, expected: inFlight.first?.step)
    }
    let tokens = try Self.drawnTokens(of: step, in: completion)
    if let sent = step.sent, let now = completion.now, let count = step.decodeStepCount, count == decodeStepCount {
      decodePace.note(steps: count, rows: step.entries.count, seconds: (now - sent) / .seconds(1))
    }
    inFlight.removeFirst()
    // A few tokens would mostly measure what a step costs at all.
    if let seconds = completion.slowestStageSeconds, step.promptTokenCount >= ChunkSize.leastTokenCount {
      secondsPerPromptToken = seconds / Double(step.promptTokenCount)
    }
    var updates: [SequenceUpdate] = []
    for entry in step.entries {
      if let reason = completion.failed[entry.sequence] {
        fail(entry.sequence, reason: reason, to: &updates)
      } else {
        apply(entry, token: tokens[entry.sequence], to: &updates)
      }
    }
    return updates
  }

  /// A stage could not go on with the sequence: it ends, and the stages before that one are told to forget it.
  private mutating func fail(_ id: SequenceID, reason: String, to updates: inout [SequenceUpdate]) {
    guard active[id] != nil else { return }
    active[id]?.stepsInFlight -= 1
    if active[id]?.isCancelled == false { updates.append(.failed(id, reason: reason)) }
    cancel(id)
  }

  private mutating func apply(
    _ entry: InFlightStep.Entry, token: TokenID?, to updates: inout [SequenceUpdate]
  ) {
    let id = entry.sequence
    guard var sequence = active[id] else { return }
    // Moved out and back in, so that its token list is not copied.
    active[id] = nil
    sequence.stepsInFlight -= 1
    guard !sequence.isCancelled else {
      active[id] = sequence
      return endIfDrained(id)
    }
    if let done = sequence.noteRead(upTo: entry.endPosition) {
      updates.append(.prefillProgress(id, done: done, total: sequence.promptCount))
    }
    var end: FinishReason?
    if let token {
      let (emits, reason) = sequence.accept(token)
      if emits { updates.append(.token(id, token)) }
      if reason == nil { readyDecodes.append(id) }
      end = reason
    } else if entry.endPosition == sequence.tokens.count {
      // The prompt was only to be read.
      end = .length
    }
    active[id] = sequence
    if let end {
      updates.append(.finished(id, end))
      endIfDrained(id)
    }
  }

  /// The drawn tokens by sequence, checked against what the step asked for.
  private static func drawnTokens(
    of step: InFlightStep, in completion: StepCompletion
  ) throws(CompletionError) -> [SequenceID: TokenID] {
    var samples: [SequenceID: Bool] = [:]
    for entry in step.entries { samples[entry.sequence] = entry.samples }
    var tokens: [SequenceID: TokenID] = [:]
    var seen: Set<SequenceID> = []
    for entry in completion.entries {
      guard let asked = samples[entry.sequence] else {
        throw .unknownSequence(entry.sequence, step: step.step)
      }
      guard seen.insert(entry.sequence).inserted else {
        throw .doubledSequence(entry.sequence, step: step.step)
      }
      guard asked || entry.token == nil else { throw .unaskedToken(entry.sequence, step: step.step) }
      tokens[entry.sequence] = entry.token
    }
    for entry in step.entries
    where entry.samples && tokens[entry.sequence] == nil && completion.failed[entry.sequence] == nil {
      throw .missingToken(entry.sequence, step: step.step)
    }
    return tokens
  }
}
