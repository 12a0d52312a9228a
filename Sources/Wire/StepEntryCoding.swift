import CWire
import Core

extension StepEntry {
  func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__StepEntry> {
    arena.make(longhaul__step_entry__init) {
      $0.sequence = sequence.rawValue
      $0.start_position = Int64(startPosition)
      $0.n_tokens = tokens.count
      $0.tokens = arena.copy(tokens)
      $0.n_new_pages = newPages.count
      $0.new_pages = arena.copy(newPages.lazy.map(\.rawValue))
      $0.policy = policy.raw(arena)
      $0.opening = opening?.raw(arena)
      output.fill(&$0, arena)
      $0.rebuilding_stages = rebuilding.rawValue
    }
  }

  init(_ raw: borrowing Longhaul__StepEntry) throws(WireError) {
    let startPosition = try Field.position(raw.start_position, "start_position")
    let tokens = try Field.tokens(raw.tokens, raw.n_tokens, "tokens", limit: Limits.maximumStepTokenCount)
    guard !tokens.isEmpty else { throw .field("tokens", reason: "is empty") }
    guard startPosition + tokens.count <= Limits.maximumContext else {
      throw .field("start_position", reason: "plus the tokens passes \(Limits.maximumContext)")
    }
    self.init(
      sequence: SequenceID(raw.sequence), startPosition: startPosition, tokens: tokens,
      newPages: try Field.pages(raw.new_pages, raw.n_new_pages, "new_pages"),
      policy: try Field.message(raw.policy, "policy", PositionPolicy.init(raw:)),
      opening: raw.opening == nil ? nil : try Field.message(raw.opening, "opening", SequenceStart.init(raw:)),
      output: try StepOutput(raw, rowCount: tokens.count), rebuilding: StageSet(rawValue: raw.rebuilding_stages))
  }
}

extension StepOutput {
  fileprivate func fill(_ raw: inout Longhaul__StepEntry, _ arena: MessageArena) {
    raw.sampled_rows = Self.raw(sampledRows, arena)
    raw.logits_rows = Self.raw(logitsRows, arena)
    if let topLogprobCount {
      raw.has_top_logprob_count_case = LONGHAUL__STEP_ENTRY__HAS_TOP_LOGPROB_COUNT_TOP_LOGPROB_COUNT
      raw.top_logprob_count = Int64(topLogprobCount)
    }
    if let scoresFrom {
      raw.has_scores_from_case = LONGHAUL__STEP_ENTRY__HAS_SCORES_FROM_SCORES_FROM
      raw.scores_from = Int64(scoresFrom)
    }
    if let followingToken {
      raw.has_following_token_case = LONGHAUL__STEP_ENTRY__HAS_FOLLOWING_TOKEN_FOLLOWING_TOKEN
      raw.following_token = followingToken
    }
    raw.pooling =
      switch pooling {
      case nil: LONGHAUL__POOLING__POOLING_NONE
      case .mean: LONGHAUL__POOLING__POOLING_MEAN
      case .last: LONGHAUL__POOLING__POOLING_LAST
      case .first: LONGHAUL__POOLING__POOLING_FIRST
      }
  }

  fileprivate init(_ raw: borrowing Longhaul__StepEntry, rowCount: Int) throws(WireError) {
    self.init(
      sampledRows: try Self.rows(raw.sampled_rows, "sampled_rows", of: rowCount),
      topLogprobCount: raw.has_top_logprob_count_case == LONGHAUL__STEP_ENTRY__HAS_TOP_LOGPROB_COUNT_TOP_LOGPROB_COUNT
        ? try Field.integer(raw.top_logprob_count, "top_logprob_count", 0...Limits.maximumTopLogprobCount) : nil,
      logitsRows: try Self.rows(raw.logits_rows, "logits_rows", of: rowCount),
      scoresFrom: raw.has_scores_from_case == LONGHAUL__STEP_ENTRY__HAS_SCORES_FROM_SCORES_FROM
        ? try Field.integer(raw.scores_from, "scores_from", 1...Limits.maximumContext) : nil,
      followingToken: raw.has_following_token_case == LONGHAUL__STEP_ENTRY__HAS_FOLLOWING_TOKEN_FOLLOWING_TOKEN
        ? try Field.token(raw.following_token, "following_token") : nil,
      pooling: try Self.pooling(raw.pooling))
  }

  private static func raw(
    _ rows: Range<Int>, _ arena: MessageArena
  ) -> UnsafeMutablePointer<Longhaul__RowRange>? {
    guard !rows.isEmpty else { return nil }
    return arena.make(longhaul__row_range__init) {
      $0.first = Int64(rows.lowerBound)
      $0.count = Int64(rows.count)
    }
  }

  /// An absent range is empty; another one has rows, all of them the entry's.
  private static func rows(
    _ raw: UnsafeMutablePointer<Longhaul__RowRange>?, _ name: String, of rowCount: Int
  ) throws(WireError) -> Range<Int> {
    guard let raw else { return 0..<0 }
    let first = try Field.integer(raw.pointee.first, "\(name).first", 0...rowCount - 1)
    let count = try Field.integer(raw.pointee.count, "\(name).count", 1...rowCount - first)
    return first..<first + count
  }

  private static func pooling(_ raw: Longhaul__Pooling) throws(WireError) -> Pooling? {
    switch raw {
    case LONGHAUL__POOLING__POOLING_NONE: nil
    case LONGHAUL__POOLING__POOLING_MEAN: .mean
    case LONGHAUL__POOLING__POOLING_LAST: .last
    case LONGHAUL__POOLING__POOLING_FIRST: .first
    default: throw .field("pooling", reason: "is \(raw.rawValue), which names no pooling")
    }
  }
}

extension SequenceStart {
  fileprivate func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__SequenceStart> {
    arena.make(longhaul__sequence_start__init) {
      $0.sampling = sampling.raw(arena)
      $0.constraint = constraint?.raw(arena)
      $0.n_neighbor_pages = neighborPages.count
      $0.neighbor_pages = arena.copy(neighborPages.lazy.map(\.rawValue))
      $0.prompt_token_count = Int64(promptTokenCount)
      $0.cached_prefix = cachedPrefix?.raw(arena)
      if let stateSlot {
        $0.has_state_slot_case = LONGHAUL__SEQUENCE_START__HAS_STATE_SLOT_STATE_SLOT
        $0.state_slot = stateSlot.rawValue
      }
    }
  }

  fileprivate init(raw: borrowing Longhaul__SequenceStart) throws(WireError) {
    self.init(
      sampling: try Field.message(raw.sampling, "sampling", SamplingParameters.init(raw:)),
      constraint: raw.constraint == nil
        ? nil : try Field.message(raw.constraint, "constraint", TextConstraint.init(raw:)),
      neighborPages: try Field.pages(raw.neighbor_pages, raw.n_neighbor_pages, "neighbor_pages"),
      promptTokenCount: try Field.integer(raw.prompt_token_count, "prompt_token_count", 1...Limits.maximumContext),
      cachedPrefix: raw.cached_prefix == nil
        ? nil : try Field.message(raw.cached_prefix, "cached_prefix", CachedPrefix.init(raw:)),
      stateSlot: raw.has_state_slot_case == LONGHAUL__SEQUENCE_START__HAS_STATE_SLOT_STATE_SLOT
        ? StateSlot(raw.state_slot) : nil)
  }
}

extension CachedPrefix {
  fileprivate func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__CachedPrefix> {
    arena.make(longhaul__cached_prefix__init) {
      $0.n_pages = pages.count
      $0.pages = arena.copy(pages.lazy.map(\.rawValue))
      $0.n_tokens = tokens.count
      $0.tokens = arena.copy(tokens)
    }
  }

  fileprivate init(raw: borrowing Longhaul__CachedPrefix) throws(WireError) {
    self.init(
      pages: try Field.pages(raw.pages, raw.n_pages, "pages"),
      tokens: try Field.tokens(raw.tokens, raw.n_tokens, "tokens", limit: Limits.maximumContext))
    guard !pages.isEmpty else { throw .field("pages", reason: "is empty") }
    guard tokens.isEmpty || tokens.count == tokenCount else {
      throw .field("tokens", reason: "has \(tokens.count) elements where \(pages.count) pages have \(tokenCount)")
    }
  }
}

extension Field {
  fileprivate static func pages(
    _ start: UnsafeMutablePointer<UInt32>?, _ count: Int, _ name: String
  ) throws(WireError) -> [PageID] {
    try elements(start, count, name, limit: Limits.maximumSequencePageCount).map(PageID.init)
  }

  fileprivate static func tokens(
    _ start: UnsafeMutablePointer<Int32>?, _ count: Int, _ name: String, limit: Int
  ) throws(WireError) -> [TokenID] {
    let tokens = try elements(start, count, name, limit: limit)
    for token in tokens { _ = try Field.token(token, name) }
    return Array(tokens)
  }
}
