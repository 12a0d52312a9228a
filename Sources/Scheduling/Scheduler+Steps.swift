import Core

extension Scheduler {
  /// The next step to send, now counted as in flight; nil when nothing can run: as many steps as may be are in flight,
  /// all work is in flight, or there is none. With nothing to run and nothing in flight, ended sequences get a step of
  /// their own, so that stages release them at once.
  ///
  /// - Parameter now: time since any fixed start; nil where steps are not to be measured.
  package mutating func nextStep(now: Duration? = nil) -> StepPlan? {
    guard steps.count < stepsInFlight else { return nil }
    admitWaiting()
    // One that has just been admitted may be the first beside decodes.
    guard steps.count < stepsInFlight else { return nil }
    let suspect = suspect
    let measuresAlone = suspect == nil && measuresAlone(now: now)
    let decodes = takeDecodes(suspect: suspect, prefills: !sequences.prefilling.isEmpty && !measuresAlone)
    // Prompts wait only for decodes that come back.
    let chunksWait = measuresAlone && (!decodes.isEmpty || steps.decodeStepCount > 0)
    let entries = decodes + (chunksWait ? [] : takeChunks(after: decodes, suspect: suspect))
    let mustTell = steps.isEmpty && (!sequences.unreleased.isEmpty || clearsStages)
    guard !entries.isEmpty || mustTell else { return nil }
    defer {
      resumes = []
      clearsStages = false
    }
    let secondsAlone =
      decodes.isEmpty ? nil : steps.secondsAlone(decoding: decodingCount, stageCount: limits.stageCount)
    return StepPlan(
      step: steps.add(entries, now: now, secondsAlone: secondsAlone), entries: entries.map(\.entry),
      decodeCount: decodes.count, releases: sequences.takeUnreleased(), resumes: resumes)
  }

  /// Sequences that decode, paused ones not among them.
  private var decodingCount: Int { sequences.all.count { $0.isDecoding && !$0.isPaused } }

  /// Whether prompts and decodes share steps whose time counts.
  private var sharesSteps: Bool { limits.adaptsChunks && !sequences.prefilling.isEmpty && decodingCount > 0 }

  /// Steps that may be in flight. A decode waits for those before it: beside a prompt there is none more than stages
  /// work on, so that stage 0 rather waits a moment for the coordinator.
  private var stepsInFlight: Int {
    sharesSteps ? min(limits.stepsInFlight, limits.stageCount) : limits.stepsInFlight
  }

  /// Moves requests whose turn it is to running while their pages are free. Who is next is never overtaken:
  /// a long request would otherwise wait for ever behind short ones.
  private mutating func admitWaiting() {
    while sequences.count < limits.maximumRunningSequences, let next = waiting.next,
      sequences.admit(next, grows: limits.growsPages)
    {
      waiting.admitNext()
    }
  }

  /// Whether prompts wait for a moment, so that what decodes take without them is known.
  private mutating func measuresAlone(now: Duration?) -> Bool {
    sharesSteps && steps.measuresAlone(decoding: decodingCount, stageCount: limits.stageCount, now: now)
  }

  /// - Parameter prefills: whether prompts share the step.
  private mutating func takeDecodes(suspect: SequenceID?, prefills: Bool) -> [PlannedEntry] {
    func mayDecode(_ sequence: ActiveSequence) -> Bool {
      !sequence.isPaused && (suspect ?? sequence.id) == sequence.id
    }
    let ready = sequences.readyCount(where: mayDecode)
    guard ready > 0 else { return [] }
    let decoding = sequences.all.count { $0.isDecoding && mayDecode($0) }
    let count = DecodeShare.count(
      ready: ready, decoding: decoding,
      steps: steps.wantedDecodeStepCount(decoding: decoding, stageCount: limits.stageCount),
      decodeStepsInFlight: steps.decodeStepCount, prefills: prefills)
    let taken = sequences.takeReady(count, where: mayDecode)
    if limits.speculation != .off, !sharesSteps { propose(taken, decoding: decoding) }
    // Drafts take what is left when every decode and every prompt has a token.
    var spare = max(0, limits.stepTokenBudget - taken.count - sequences.prefilling.count)
    var entries: [PlannedEntry] = []
    var starved: [SequenceID] = []
    for id in taken {
      let wanted = min(sequences[id]?.decodeTokenCount ?? 0, 1 + spare, limits.chunkTokenCount)
      let limit = room(for: id, tokenCount: wanted, suspect: suspect)
      guard limit > 0, let entry = sequences.update(id, { $0.takeEntry(limit: limit) }) else {
        starved.append(id)
        continue
      }
      spare -= limit - 1
      entries.append(entry)
    }
    sequences.putBack(starved)
    return entries
  }

  /// Guesses what follows sequences that are about to decode.
  private mutating func propose(_ taken: [SequenceID], decoding: Int) {
    let price = steps.rowPrice(decoding: decoding)
    for id in taken { sequences.update(id) { $0.proposeByLookup(limits.speculation, price: price) } }
  }

  /// One chunk a prompt, oldest prompt first, out of what the decodes left. A prompt that is nearly done has half of
  /// that for itself, so that a question does not wait for a book.
  private mutating func takeChunks(after decodes: [PlannedEntry], suspect: SequenceID?) -> [PlannedEntry] {
    let chunkTokenCount = chunkTokenCount()
    let decodeTokenCount = decodes.reduce(0) { $0 + $1.entry.tokens.count }
    // Where chunks adapt, a step's prompts together are one chunk: its time is what counts.
    var tokensLeft = min(
      limits.stepTokenBudget - decodeTokenCount, limits.adaptsChunks ? chunkTokenCount : limits.stepTokenBudget)
    let favored = suspect == nil && limits.adaptsChunks ? sequences.favoredPrompt : nil
    // A step with one token for prompts would never have one for it.
    if favored != nil { tokensLeft = min(max(2, tokensLeft), limits.stepTokenBudget - decodeTokenCount) }
    var reserved = favored == nil ? 0 : tokensLeft / 2
    var entriesLeft = limits.maximumStepEntries - decodes.count
    var logitsLeft = limits.maximumLogitsRows
    var chunks: [PlannedEntry] = []
    for id in sequences.prefilling where tokensLeft > 0 && entriesLeft > 0 && (suspect ?? id) == id {
      if suspect == nil, sequences.awaitsPrefix(id) { continue }
      sequences.adoptPrefix(id)
      if id == favored { reserved = 0 }
      var limit = min(chunkTokenCount, tokensLeft - reserved, sequences[id]?.nextChunkTokenCount ?? 0)
      limit = room(for: id, tokenCount: limit, suspect: suspect)
      guard limit > 0, sequences[id]?.isEnding == false else { continue }
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
    let share =
      sharesSteps
      ? steps.prefillTokenCount(
        decoding: decodingCount, latencyTarget: limits.latencyTarget, stageCount: limits.stageCount,
        stepCount: stepsInFlight) : nil
    return ChunkSize.tokens(
      promptCount: oldest.promptCount, stageCount: limits.stageCount, share: share, limit: limits.chunkTokenCount)
  }
}
