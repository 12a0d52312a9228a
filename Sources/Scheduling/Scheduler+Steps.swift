import Core

extension Scheduler {
  /// The next step to send, now counted as in flight; nil when nothing can run: all slots are in flight, all
  /// work is in flight, or there is none. With nothing to run and nothing in flight, ended sequences get a
  /// step of their own, so that stages drop them at once.
  ///
  /// - Parameter now: time since any fixed start; nil where steps are not to be measured.
  package mutating func nextStep(now: Duration? = nil) -> StepPlan? {
    guard inFlight.count < limits.stepsInFlight else { return nil }
    admitWaiting()
    let suspect = suspect
    let decodes = takeDecodes(suspect: suspect)
    let entries = decodes + takeChunks(after: decodes.count, suspect: suspect)
    let mustTell = inFlight.isEmpty && (!pendingReleases.isEmpty || clearsStages)
    guard !entries.isEmpty || mustTell else { return nil }
    return send(entries, now: now)
  }

  /// Moves requests from the line's head to running while their pages are free. The head is never overtaken:
  /// a long request would otherwise wait for ever behind short ones.
  private mutating func admitWaiting() {
    while active.count < limits.maximumRunningSequences, let head = waiting.first,
      head.needs.total <= pages.freeCount,
      let tokenPages = pages.allocate(head.needs.tokenPageCount),
      let neighborPages = pages.allocate(head.needs.neighborPageCount)
    {
      waiting.removeFirst()
      let sequence = head.request.sequence
      active[sequence] = ActiveSequence(request: head.request, pages: tokenPages, neighborPages: neighborPages)
      readingPrompts.append(sequence)
    }
  }

  private mutating func takeDecodes(suspect: SequenceID?) -> [StepEntry] {
    let ready = readyDecodes.count { mayDecode($0, suspect: suspect) }
    guard ready > 0 else { return [] }
    let decoding = active.values.count { sequence in
      sequence.isDecoding && mayDecode(sequence.request.sequence, suspect: suspect)
    }
    let count = DecodeShare.count(
      ready: ready, decoding: decoding,
      steps: decodePace.stepsInFlight(decoding: decoding, stageCount: limits.stageCount),
      decodeStepsInFlight: inFlight.count { $0.carriesDecodes }, readsPrompt: !readingPrompts.isEmpty)
    var taken: [SequenceID] = []
    var left: [SequenceID] = []
    for sequence in readyDecodes {
      if taken.count < count, mayDecode(sequence, suspect: suspect) {
        taken.append(sequence)
      } else {
        left.append(sequence)
      }
    }
    readyDecodes = left
    return taken.compactMap { active[$0]?.takeEntry(limit: 1) }
  }

  private func mayDecode(_ sequence: SequenceID, suspect: SequenceID?) -> Bool {
    hasTurn(sequence) && (suspect ?? sequence) == sequence
  }

  func hasTurn(_ sequence: SequenceID) -> Bool {
    guard let turn, let own = active[sequence]?.request.turn else { return true }
    return own == turn
  }

  /// One chunk a prompt, oldest prompt first, out of what the decodes left.
  private mutating func takeChunks(after decodes: Int, suspect: SequenceID?) -> [StepEntry] {
    let chunkTokenCount = chunkTokenCount()
    // Where chunks adapt, a step's prompts together are one chunk: its time is what counts.
    var tokensLeft = min(
      limits.stepTokenBudget - decodes, limits.adaptsChunks ? chunkTokenCount : limits.stepTokenBudget)
    var entriesLeft = limits.maximumStepEntries - decodes
    var chunks: [StepEntry] = []
    for sequence in readingPrompts where tokensLeft > 0 && entriesLeft > 0 && (suspect ?? sequence) == sequence {
      guard let chunk = active[sequence]?.takeEntry(limit: min(chunkTokenCount, tokensLeft)) else {
        continue
      }
      tokensLeft -= chunk.tokens.count
      entriesLeft -= 1
      chunks.append(chunk)
    }
    readingPrompts.removeAll { active[$0]?.hasUnreadTokens != true }
    return chunks
  }

  private func chunkTokenCount() -> Int {
    // What is replayed mostly keeps one stage busy: small chunks would fill nobody else's time.
    guard limits.adaptsChunks, let oldest = readingPrompts.first.flatMap({ active[$0] }), !oldest.isReplaying else {
      return limits.chunkTokenCount
    }
    return ChunkSize.tokens(
      promptCount: oldest.promptCount, stageCount: limits.stageCount, secondsPerToken: secondsPerPromptToken,
      isShared: active.values.contains { $0.isDecoding }, limit: limits.chunkTokenCount)
  }

  private mutating func send(_ entries: [StepEntry], now: Duration?) -> StepPlan {
    let plan = StepPlan(step: nextStepNumber, entries: entries, releases: pendingReleases, resumes: resumes)
    nextStepNumber += 1
    pendingReleases = []
    resumes = []
    clearsStages = false
    inFlight.append(
      InFlightStep(
        step: plan.step,
        entries: entries.map {
          InFlightStep.Entry(
            sequence: $0.sequence, isPrompt: $0.isPrompt, tokenCount: $0.tokens.count,
            endPosition: $0.startPosition + $0.tokens.count, samples: $0.samples)
        }, releases: plan.releases, sent: now))
    inFlight[inFlight.count - 1].decodeStepCount = decodeStepCount
    return plan
  }
}
