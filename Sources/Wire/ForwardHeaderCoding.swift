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

  /// Reads what `encoded()` wrote, from bytes that any peer may have sent.
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
        raw.entries, raw.n_entries, "entries", limit: Limits.maximumStepEntryCount, StepEntry.init),
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

  /// Checks what no entry shows by itself.
  private func checkTotals() throws(WireError) {
    _ = try Field.count(rowCount, "entries.tokens", limit: Limits.maximumStepTokenCount)
    let pageCount = entries.reduce(0) { count, entry in
      let opening = entry.opening
      return count + entry.newPages.count + (opening?.neighborPages.count ?? 0)
        + (opening?.cachedPrefix?.pages.count ?? 0)
    }
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
