import CWire
import Core

extension StepResult {
  package func encoded() -> [UInt8] {
    packed { arena in
      arena.make(longhaul__step_result__init) {
        $0.version = ProtocolVersion.current
        $0.epoch = epoch.rawValue
        $0.step = step
        $0.n_entries = entries.count
        $0.entries = arena.pointers(entries) { $0.raw(arena) }
        $0.vocabulary_size = Int64(vocabularySize)
        $0.hidden_size = Int64(hiddenSize)
        $0.failure = arena.copy(failure ?? "", clippedTo: WireLimits.maximumStringByteCount)
        $0.n_failed = failed.count
        $0.failed = arena.pointers(failed) { $0.raw(arena) }
        $0.n_timings = timings.count
        $0.timings = arena.pointers(timings) { $0.raw(arena) }
      }
    }
  }

  /// Reads what `encoded()` wrote, from bytes that any peer may have sent.
  package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
    self = try unpacked(
      bytes, message: "step result", limit: WireLimits.maximumHeaderByteCount,
      with: longhaul__step_result__unpack
    ) { (raw: borrowing Longhaul__StepResult) throws(WireError) in try StepResult(raw) }
  }

  private init(_ raw: borrowing Longhaul__StepResult) throws(WireError) {
    self.init(
      epoch: PlanEpoch(raw.epoch), step: raw.step,
      entries: try Field.messages(
        raw.entries, raw.n_entries, "entries", limit: Limits.maximumStepEntryCount, StepResultEntry.init),
      vocabularySize: try Field.integer(raw.vocabulary_size, "vocabulary_size", 0...Limits.maximumVocabularySize),
      hiddenSize: try Field.integer(raw.hidden_size, "hidden_size", 0...Limits.maximumHiddenSize),
      failure: try Field.failure(raw.failure),
      failed: try Field.messages(
        raw.failed, raw.n_failed, "failed", limit: Limits.maximumStepEntryCount, SequenceFailure.init(raw:)),
      timings: try StageTiming.all(raw.timings, raw.n_timings))
    let scoreCount = entries.reduce(0) { $0 + $1.promptLogprobs.count }
    _ = try Field.count(scoreCount, "entries.prompt_logprobs", limit: Limits.maximumStepTokenCount)
    let sampledCount = entries.reduce(0) { $0 + $1.sampled.count }
    _ = try Field.count(sampledCount, "entries.sampled", limit: Limits.maximumStepTokenCount)
    let logitsRowCount = entries.reduce(0) { $0 + $1.logitsRowCount }
    _ = try Field.count(logitsRowCount, "entries.logits_row_count", limit: Limits.maximumStepTokenCount)
    if vocabularySize == 0, logitsRowCount > 0 {
      throw .field("vocabulary_size", reason: "is 0, but an entry has logits")
    }
    if hiddenSize == 0, entries.contains(where: \.hasPooledRow) {
      throw .field("hidden_size", reason: "is 0, but an entry has a pooled row")
    }
  }
}

extension StepResultEntry {
  fileprivate func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__StepResultEntry> {
    arena.make(longhaul__step_result_entry__init) {
      $0.sequence = sequence.rawValue
      $0.position = Int64(position)
      $0.n_sampled = sampled.count
      $0.sampled = arena.pointers(sampled) { $0.raw(arena) }
      $0.prompt_logprobs_first = Int64(promptLogprobsFirst)
      $0.n_prompt_logprobs = promptLogprobs.count
      $0.prompt_logprobs = arena.copy(promptLogprobs)
      let alternatives = promptTop.joined()
      $0.n_prompt_top_tokens = alternatives.count
      $0.prompt_top_tokens = arena.copy(alternatives.map(\.token))
      $0.n_prompt_top_logprobs = alternatives.count
      $0.prompt_top_logprobs = arena.copy(alternatives.map(\.logprob))
      $0.logits_row_count = Int64(logitsRowCount)
      $0.has_pooled_row = hasPooledRow ? 1 : 0
    }
  }

  fileprivate init(_ raw: borrowing Longhaul__StepResultEntry) throws(WireError) {
    let scores = try Field.elements(
      raw.prompt_logprobs, raw.n_prompt_logprobs, "prompt_logprobs", limit: Limits.maximumStepTokenCount)
    for score in scores { _ = try Field.logprob(score, "prompt_logprobs") }
    self.init(
      sequence: SequenceID(raw.sequence), position: try Field.position(raw.position, "position"),
      sampled: try Field.messages(
        raw.sampled, raw.n_sampled, "sampled", limit: Limits.maximumStepTokenCount, SampledToken.init(raw:)),
      promptLogprobsFirst: try Field.position(raw.prompt_logprobs_first, "prompt_logprobs_first"),
      promptLogprobs: Array(scores), promptTop: try Self.promptTop(raw, scoreCount: scores.count),
      logitsRowCount: try Field.integer(raw.logits_row_count, "logits_row_count", 0...Limits.maximumStepTokenCount),
      hasPooledRow: raw.has_pooled_row != 0)
  }

  private static func promptTop(
    _ raw: borrowing Longhaul__StepResultEntry, scoreCount: Int
  ) throws(WireError) -> [[TokenLogprob]] {
    let tokens = try Field.elements(
      raw.prompt_top_tokens, raw.n_prompt_top_tokens, "prompt_top_tokens",
      limit: scoreCount * Limits.maximumTopLogprobCount)
    guard !tokens.isEmpty else { return [] }
    let width = tokens.count / scoreCount
    guard tokens.count == width * scoreCount else {
      throw .field("prompt_top_tokens", reason: "has \(tokens.count) elements, not as many for each of \(scoreCount)")
    }
    let logprobs = try Field.elements(
      raw.prompt_top_logprobs, raw.n_prompt_top_logprobs, "prompt_top_logprobs", limit: tokens.count)
    guard logprobs.count == tokens.count else {
      throw .field("prompt_top_logprobs", reason: "has \(logprobs.count) elements where it needs \(tokens.count)")
    }
    var rows: [[TokenLogprob]] = []
    rows.reserveCapacity(scoreCount)
    for start in stride(from: 0, to: tokens.count, by: width) {
      var row: [TokenLogprob] = []
      row.reserveCapacity(width)
      for index in start..<start + width {
        row.append(
          TokenLogprob(
            token: try Field.token(tokens[index], "prompt_top_tokens"),
            logprob: try Field.logprob(logprobs[index], "prompt_top_logprobs")))
      }
      rows.append(row)
    }
    return rows
  }
}

extension SampledToken {
  fileprivate func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__SampledToken> {
    arena.make(longhaul__sampled_token__init) {
      $0.token = token
      if let logprob {
        $0.has_logprob_case = LONGHAUL__SAMPLED_TOKEN__HAS_LOGPROB_LOGPROB
        $0.logprob = logprob
      }
      $0.n_top = top.count
      $0.top = arena.pointers(top) { alternative in
        arena.make(longhaul__token_logprob__init) {
          $0.token = alternative.token
          $0.logprob = alternative.logprob
        }
      }
    }
  }

  fileprivate init(raw: borrowing Longhaul__SampledToken) throws(WireError) {
    self.init(
      try Field.token(raw.token, "token"),
      logprob: raw.has_logprob_case == LONGHAUL__SAMPLED_TOKEN__HAS_LOGPROB_LOGPROB
        ? try Field.logprob(raw.logprob, "logprob") : nil,
      top: try Field.messages(
        raw.top, raw.n_top, "top", limit: Limits.maximumTopLogprobCount, TokenLogprob.init(raw:)))
  }
}

extension TokenLogprob {
  fileprivate init(raw: borrowing Longhaul__TokenLogprob) throws(WireError) {
    self.init(token: try Field.token(raw.token, "token"), logprob: try Field.logprob(raw.logprob, "logprob"))
  }
}
