import Core

extension Scheduler {
  /// The next step to send, now counted as in flight; nil when nothing can run: as many steps as may be are in flight,
  /// all work is in flight, or there is none. With nothing to run and nothing in flight, ended sequences get a step of
  /// their own, so that stages release them at once.
  ///
  /// - Parameter now: time since any fixed start; nil where steps are not to be measured.
  package mutating func nextStep(now: Duration? = nil) -> StepPlan? {
    guard steps.count < limits.stepsInFlight else { return nil }
    admitWaiting()
    let suspect = suspect
    let decodes = takeDecodes(suspect: suspect)
    let entries = decodes + takeChunks(after: decodes, suspect: suspect)
    let mustTell = steps.isEmpty && (!sequences.unreleased.isEmpty || clearsStages)
    guard !entries.isEmpty || mustTell else { return nil }
    defer {
      resumes = []
      clearsStages = false
    }
    return StepPlan(
      step: steps.add(entries, now: now), entries: entries.map(\.entry), decodeCount: decodes.count,
      releases: sequences.takeUnreleased(), resumes: resumes)
  }

  /// Moves requests from the line's head to running while their pages are free. The head is never overtaken:
  /// a long request would otherwise wait for ever behind short ones.
  private mutating func admitWaiting() {
    while sequences.count < limits.maximumRunningSequences, let head = waiting.first, sequences.admit(head) {
      waiting.removeFirst()
    }
  }

  private mutating func takeDecodes(suspect: SequenceID?) -> [PlannedEntry] {
    func mayDecode(_ sequence: ActiveSequence) -> Bool {
      !sequence.isPaused && (suspect ?? sequence.id) == sequence.id
    }
    let ready = sequences.readyCount(where: mayDecode)
    guard ready > 0 else { return [] }
    let decoding = sequences.all.count { $0.isDecoding && mayDecode($0) }
    let count = DecodeShare.count(
      ready: ready, decoding: decoding,
      steps: steps.wantedDecodeStepCount(decoding: decoding, stageCount: limits.stageCount),
      decodeStepsInFlight: steps.decodeStepCount, prefills: !sequences.prefilling.isEmpty)
    let taken = sequences.takeReady(count, where: mayDecode)
    // Drafts take what is left when every decode and every prompt has a token.
    var spare = max(0, limits.stepTokenBudget - taken.count - sequences.prefilling.count)
    return taken.compactMap { id in
      sequences.update(id) { sequence in
        let limit = min(sequence.decodeTokenCount, 1 + spare, limits.chunkTokenCount)
        spare -= limit - 1
        return sequence.takeEntry(limit: limit)
      }
    }
  }

  /// One chunk a prompt, oldest prompt first, out of what the decodes left.
  private mutating func takeChunks(after decodes: [PlannedEntry], suspect: SequenceID?) -> [PlannedEntry] {
    let chunkTokenCount = chunkTokenCount()
    let decodeTokenCount = decodes.reduce(0) { $0 + $1.entry.tokens.count }
    // Where chunks adapt, a step's prompts together are one chunk: its time is what counts.
    var tokensLeft = min(
      limits.stepTokenBudget - decodeTokenCount, limits.adaptsChunks ? chunkTokenCount : limits.stepTokenBudget)
    var entriesLeft = limits.maximumStepEntries - decodes.count
    var logitsLeft = limits.maximumLogitsRows
    var chunks: [PlannedEntry] = []
    for id in sequences.prefilling where tokensLeft > 0 && entriesLeft > 0 && (suspect ?? id) == id {
      let limit = min(chunkTokenCount, tokensLeft)
      let chunk = sequences.update(id) { sequence -> PlannedEntry? in
        // Its logits are for the next step.
        if logitsLeft == 0, sequence.asksLogits(limit: limit) { return nil }
        return sequence.takeEntry(limit: limit)
      }
      guard let chunk = chunk ?? nil else { continue }
      tokensLeft -= chunk.entry.tokens.count
      logitsLeft -= chunk.entry.output.logitsRows.count
      entriesLeft -= 1
      chunks.append(chunk)
    }
    sequences.dropPrefilled()
    return chunks
  }

  private func chunkTokenCount() -> Int {
    // A replay mostly keeps one stage busy: small chunks would fill no other stage's time.
    guard limits.adaptsChunks, let oldest = sequences.prefilling.first.flatMap({ sequences[$0] }), !oldest.isReplaying
    else { return limits.chunkTokenCount }
    return ChunkSize.tokens(
      promptCount: oldest.promptCount, stageCount: limits.stageCount, secondsPerToken: steps.secondsPerPromptToken,
      isShared: sequences.all.contains { $0.isDecoding }, limit: limits.chunkTokenCount)
  }
}
