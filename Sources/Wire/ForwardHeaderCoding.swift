import CWire
import Core

extension ForwardHeader {
  package func encoded() -> [UInt8] {
    packed { arena in
      arena.make(longhaul__forward_header__init) {
        $0.version = ProtocolVersion.current
        $0.epoch = epoch.rawValue
        $0.step = step
        $0.hidden_size = Int64(hiddenSize)
        $0.n_entries = entries.count
        $0.entries = arena.pointers(entries) { $0.raw(arena) }
        $0.n_releases = releases.count
        $0.releases = arena.copy(releases.lazy.map(\.rawValue))
        $0.failure = arena.copy(failure ?? "", clippedTo: WireLimits.maximumStringByteCount)
        $0.n_failed = failed.count
        $0.failed = arena.pointers(failed) { $0.raw(arena) }
        $0.n_timings = timings.count
        $0.timings = arena.pointers(timings) { $0.raw(arena) }
        $0.n_resumes = resumes.count
        $0.resumes = arena.pointers(resumes) { $0.raw(arena) }
      }
    }
  }

  /// Reads what `encoded()` wrote, from bytes that anybody may have sent.
  package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
    self = try unpacked(
      bytes, message: "forward header", limit: WireLimits.maximumHeaderByteCount,
      with: longhaul__forward_header__unpack
    ) { (raw: borrowing Longhaul__ForwardHeader) throws(WireError) in try ForwardHeader(raw) }
  }

  private init(_ raw: borrowing Longhaul__ForwardHeader) throws(WireError) {
    self.init(
      epoch: PlanEpoch(raw.epoch), step: raw.step,
      hiddenSize: try Field.integer(raw.hidden_size, "hidden_size", 0...Limits.maximumHiddenSize),
      entries: try Field.messages(
        raw.entries, raw.n_entries, "entries", limit: Limits.maximumStepEntryCount, ForwardEntry.init),
      releases: try Field.elements(
        raw.releases, raw.n_releases, "releases", limit: WireLimits.maximumReleaseCount
      ).map(SequenceID.init),
      failure: try Field.failure(raw.failure),
      failed: try Field.messages(
        raw.failed, raw.n_failed, "failed", limit: Limits.maximumStepEntryCount, SequenceFailure.init(raw:)),
      timings: try StageTiming.all(raw.timings, raw.n_timings),
      resumes: try Field.messages(
        raw.resumes, raw.n_resumes, "resumes", limit: WireLimits.maximumResidentSequenceCount, ResumedSequence.init))
    try checkTotals()
  }

  /// What no entry can tell by itself.
  private func checkTotals() throws(WireError) {
    _ = try Field.count(rowCount, "entries.tokens", limit: Limits.maximumStepTokenCount)
    let pageCount = entries.reduce(0) { $0 + $1.newPages.count + ($1.opening?.neighborPages.count ?? 0) }
    _ = try Field.count(pageCount, "entries.new_pages", limit: WireLimits.maximumPageIDCount)
    guard Set(resumes.map(\.sequence)).count == resumes.count else {
      throw .field("resumes.sequence", reason: "names a sequence twice")
    }
    guard entries.count > 1 else { return }
    guard Set(entries.map(\.sequence)).count == entries.count else {
      throw .field("entries.sequence", reason: "names a sequence twice")
    }
  }
}

extension ForwardEntry {
  fileprivate func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__ForwardEntry> {
    arena.make(longhaul__forward_entry__init) {
      $0.sequence = sequence.rawValue
      $0.start_position = Int64(startPosition)
      $0.n_tokens = tokens.count
      $0.tokens = arena.copy(tokens)
      $0.n_new_pages = newPages.count
      $0.new_pages = arena.copy(newPages.lazy.map(\.rawValue))
      $0.policy = policy.raw(arena)
      $0.opening = opening?.raw(arena)
      $0.samples = samples ? 1 : 0
      $0.wants_logits = wantsLogits ? 1 : 0
      if let topLogprobCount {
        $0.has_top_logprob_count_case = LONGHAUL__FORWARD_ENTRY__HAS_TOP_LOGPROB_COUNT_TOP_LOGPROB_COUNT
        $0.top_logprob_count = Int64(topLogprobCount)
      }
      if let scoresFrom {
        $0.has_scores_from_case = LONGHAUL__FORWARD_ENTRY__HAS_SCORES_FROM_SCORES_FROM
        $0.scores_from = Int64(scoresFrom)
      }
      if let followingToken {
        $0.has_following_token_case = LONGHAUL__FORWARD_ENTRY__HAS_FOLLOWING_TOKEN_FOLLOWING_TOKEN
        $0.following_token = followingToken
      }
      $0.rebuilding_stages = rebuilding.rawValue
    }
  }

  fileprivate init(_ raw: borrowing Longhaul__ForwardEntry) throws(WireError) {
    let startPosition = try Field.position(raw.start_position, "start_position")
    let tokens = try Field.elements(raw.tokens, raw.n_tokens, "tokens", limit: Limits.maximumStepTokenCount)
    guard !tokens.isEmpty else { throw .field("tokens", reason: "is empty") }
    for token in tokens { _ = try Field.token(token, "tokens") }
    guard startPosition + tokens.count <= Limits.maximumContext else {
      throw .field("start_position", reason: "plus the tokens passes \(Limits.maximumContext)")
    }
    self.init(
      sequence: SequenceID(raw.sequence), startPosition: startPosition, tokens: Array(tokens),
      newPages: try Field.pages(raw.new_pages, raw.n_new_pages, "new_pages"),
      policy: try Field.message(raw.policy, "policy", SelfExtendPolicy.init(raw:)),
      opening: raw.opening == nil ? nil : try Field.message(raw.opening, "opening", SequenceStart.init),
      samples: raw.samples != 0, wantsLogits: raw.wants_logits != 0,
      topLogprobCount: raw.has_top_logprob_count_case
        == LONGHAUL__FORWARD_ENTRY__HAS_TOP_LOGPROB_COUNT_TOP_LOGPROB_COUNT
        ? try Field.integer(raw.top_logprob_count, "top_logprob_count", 0...Limits.maximumTopLogprobCount) : nil,
      scoresFrom: raw.has_scores_from_case == LONGHAUL__FORWARD_ENTRY__HAS_SCORES_FROM_SCORES_FROM
        ? try Field.integer(raw.scores_from, "scores_from", 1...Limits.maximumContext) : nil,
      followingToken: raw.has_following_token_case
        == LONGHAUL__FORWARD_ENTRY__HAS_FOLLOWING_TOKEN_FOLLOWING_TOKEN
        ? try Field.token(raw.following_token, "following_token") : nil,
      rebuilding: StageSet(rawValue: raw.rebuilding_stages))
  }
}

extension SequenceStart {
  fileprivate func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__SequenceStart> {
    arena.make(longhaul__sequence_start__init) {
      $0.sampling = sampling.raw(arena)
      $0.n_neighbor_pages = neighborPages.count
      $0.neighbor_pages = arena.copy(neighborPages.lazy.map(\.rawValue))
      $0.prompt_token_count = Int64(promptTokenCount)
    }
  }

  fileprivate init(_ raw: borrowing Longhaul__SequenceStart) throws(WireError) {
    self.init(
      sampling: try Field.message(raw.sampling, "sampling", SamplingParameters.init(raw:)),
      neighborPages: try Field.pages(raw.neighbor_pages, raw.n_neighbor_pages, "neighbor_pages"),
      promptTokenCount: try Field.integer(raw.prompt_token_count, "prompt_token_count", 1...Limits.maximumContext))
  }
}

extension SequenceFailure {
  func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__SequenceFailure> {
    arena.make(longhaul__sequence_failure__init) {
      $0.sequence = sequence.rawValue
      $0.reason = arena.copy(reason, clippedTo: WireLimits.maximumStringByteCount)
    }
  }

  init(raw: borrowing Longhaul__SequenceFailure) throws(WireError) {
    self.init(sequence: SequenceID(raw.sequence), reason: try Field.text(raw.reason, "reason"))
  }
}

extension Field {
  fileprivate static func pages(
    _ start: UnsafeMutablePointer<UInt32>?, _ count: Int, _ name: String
  ) throws(WireError) -> [PageID] {
    try elements(start, count, name, limit: Limits.maximumSequencePageCount).map(PageID.init)
  }
}
