import Backend
import Core
import Transport
import Wire

/// A loaded stage at work: its backend, the sequences in it, and where its frames go. Confined to the compute thread.
final class ServingStage {
  private(set) var assignment: StageAssignment
  private var output: StageOutput
  let backend: any StageBackend
  var sequences: StageSequences
  /// What was sent to the next stage; empty at the last one.
  var log: ReplayLog
  /// The epoch whose first step said which sequences are here; nil when none has.
  var sequencesEpoch: PlanEpoch?
  private var head: StageHead
  private var clock = StageClock()
  /// Whether frames of the assignment's epoch are taken.
  private var isServing = true
  /// Steps are taken in order and once. A repeated one is done already; after a gap nothing is taken any more, and the
  /// coordinator, which misses the result, makes all steps again under another epoch.
  private var nextStep: UInt64 = 1
  #if FAILPOINTS
    /// Whether what is sent next is to arrive damaged.
    private var isToBeDamaged = false
  #endif

  /// - Parameters:
  ///   - log: empty, for what is sent to the next stage.
  ///   - vocabulary: reads the model's tokens, which constraints need at the last stage.
  init(
    _ assignment: StageAssignment, output: StageOutput, backend: any StageBackend, log: ReplayLog,
    vocabulary: (() throws -> StageVocabulary)? = nil
  ) {
    self.assignment = assignment
    self.output = output
    self.backend = backend
    sequences = Self.sequences(assignment, backend.facts)
    let isLast = assignment.place.isLast
    self.log = log
    let vocabularySize = isLast ? backend.facts.vocabularySize : 0
    head = StageHead(
      vocabularySize: vocabularySize,
      constraints: ConstraintMasks(vocabularySize: vocabularySize, readVocabulary: vocabulary))
  }

  /// What can wait before this stage at most.
  var waitingByteLimit: Int { windowByteCount(width: backend.facts.hiddenSize) }
  /// What can wait after it; results may have logits.
  private var sentByteLimit: Int {
    windowByteCount(width: isLast ? backend.facts.vocabularySize : backend.facts.hiddenSize)
  }

  private func windowByteCount(width: Int) -> Int {
    StepWindow(stageCount: assignment.place.count).byteCount(rows: assignment.maximumStepTokenCount, width: width)
  }
  private var isFirst: Bool { assignment.place.isFirst }
  var isLast: Bool { assignment.place.isLast }

  static func sequences(_ assignment: StageAssignment, _ facts: StageFacts) -> StageSequences {
    StageSequences(
      pageCount: assignment.cache.pageCount, vocabularySize: facts.vocabularySize,
      contextLength: assignment.cache.contextLength, isLast: assignment.place.isLast)
  }

  /// Whether another assignment asks for exactly what is loaded; its place among the stages may differ in between.
  func canServe(_ other: StageAssignment) -> Bool {
    other.place.layers == assignment.place.layers && other.model.paths == assignment.model.paths
      && other.model.fingerprint == assignment.model.fingerprint && other.cache == assignment.cache
      && other.maximumStepTokenCount == assignment.maximumStepTokenCount
      && other.place.isFirst == isFirst && other.place.isLast == isLast && backend.isIntact
  }

  /// Goes on under another epoch: with its sequences when they are of the epoch that is resumed, else without.
  func begin(_ assignment: StageAssignment, output: StageOutput) {
    self.assignment = assignment
    self.output = output
    if assignment.previousEpoch == nil || assignment.previousEpoch != sequencesEpoch { forgetSequences() }
    isServing = true
    nextStep = 1
  }

  /// Drops all sequences and takes no frames until the next assignment.
  func forget() {
    forgetSequences()
    isServing = false
  }

  /// A frame's header; nil when it is not the next step of this epoch: frames of an earlier plan may still be under
  /// way, and belong to no plan any more.
  func read(_ message: Message) throws(WireError) -> ForwardHeader? {
    clock.arrive()
    guard isServing, let first = message.frames.first else { return nil }
    let decoded = first.withUnsafeBytes { bytes in
      Result { () throws(WireError) in try ForwardHeader(decoding: bytes) }
    }
    let header = try decoded.get()
    guard header.epoch == assignment.epoch, header.step == nextStep else { return nil }
    nextStep += 1
    return header
  }

  /// Computes a step and sends it to the next stage. A sequence that cannot be continued leaves the step, with the
  /// reason; a step that cannot be computed at all is sent without its payload. Throws when nothing can be sent.
  func serve(_ received: ForwardHeader, _ message: Message, progress: () -> Void) throws {
    var step = StageStep(received)
    var results = StageHead.Results()
    do {
      if received.step == 1 { try clock.computing { try resume(received, progress: progress) } }
      release(received.releases)
      if received.failure == nil, !received.entries.isEmpty {
        try compute(&step, received, payload: message.frames.count > 1 ? message.frames[1] : nil, progress: progress)
        if isLast { results = try makeResults(&step, progress: progress) }
      }
    } catch {
      step.fail(failure(error))
    }
    step.append(clock.timing(rowCount: step.rowCount))
    try clock.sending {
      let message = isLast ? result(of: step.header, results) : forwarded(step)
      let waiting = output.queuedByteCount()
      guard waiting <= sentByteLimit else { throw StepError.behind(byteCount: waiting, limit: sentByteLimit) }
      #if FAILPOINTS
        try output.send(isToBeDamaged ? FailPoint.damaged(message) : message)
        isToBeDamaged = false
      #else
        try output.send(message)
      #endif
      return message.byteCount
    }
  }

  /// What a failed step says to the coordinator.
  func failure(_ reason: Any) -> String {
    "stage \(assignment.place.index) (layers \(assignment.place.layers)): \(reason)"
  }

  /// Reports to the stages after this one, and so to the coordinator, that the next step is lost: it is made again.
  func lose(_ reason: String) throws {
    guard isServing else { return }
    let header = ForwardHeader(
      epoch: assignment.epoch, step: nextStep, hiddenSize: backend.facts.hiddenSize, entries: [],
      failure: failure(reason))
    nextStep += 1
    try output.send(isLast ? result(of: header, StageHead.Results()) : forwarded(StageStep(header)))
  }

  /// New tokens and scores of the rows that were computed here; of held ones only how far they are.
  private func makeResults(_ step: inout StageStep, progress: () -> Void) throws -> StageHead.Results {
    var results = try clock.computing {
      try head.results(of: step.rows, backend: backend, sequences: sequences, progress: progress)
    }
    drop(results.refusals, from: &step)
    for row in step.rows where row.cache == nil {
      results.entries.append(
        StepResultEntry(
          sequence: row.entry.sequence, position: row.entry.startPosition + row.entry.tokens.count))
    }
    return results
  }

  /// Runs the layers over the entries that this stage computes; drops those that cannot be continued.
  private func compute(
    _ step: inout StageStep, _ header: ForwardHeader, payload: Frame?, progress: () -> Void
  ) throws {
    try check(header, payload: payload)
    try checkLogged(header.entries)
    let admitted = sequences.admit(header.entries, stage: assignment.place.index)
    step = StageStep(header, rows: admitted.rows)
    drop(admitted.refusals, from: &step)
    let entries = step.cacheEntries
    guard !entries.isEmpty else { return }
    try clock.computing { try restore(admitted.restorations, progress: progress) }
    for row in step.rows { try fill(row, from: payload) }
    try clock.computing { try backend.forward(entries, progress: progress) }
    #if FAILPOINTS
      for row in step.rows {
        if let rows = row.rows, let fault = FailPoint.due(stage: assignment.place.index, entry: row.entry) {
          try fault.strike(backend, row: rows.lowerBound)
          isToBeDamaged = fault.kind == .damage
        }
      }
    #endif
    try dropSpoiled(from: &step)
  }

  /// Whether the frame is one that this stage can be sent.
  private func check(_ header: ForwardHeader, payload: Frame?) throws(StepError) {
    let width = backend.facts.hiddenSize
    guard header.rowCount <= assignment.maximumStepTokenCount else {
      throw .tooManyRows(header.rowCount, limit: assignment.maximumStepTokenCount)
    }
    guard header.hiddenSize == width else { throw .otherWidth(header.hiddenSize, expected: width) }
    let expected = isFirst ? 0 : header.payloadByteCount(to: assignment.place.index)
    guard (payload?.count ?? 0) == expected else { throw .payload(payload?.count ?? 0, expected: expected) }
  }

  private func fill(_ row: StepRow, from payload: Frame?) throws {
    guard let rows = row.rows else { return }
    guard let payload else { return try backend.embed(row.entry.tokens, row: rows.lowerBound) }
    let rowByteCount = backend.facts.rowByteCount
    try payload.withUnsafeBytes { bytes in
      let source = bytes[row.source * rowByteCount..<(row.source + rows.count) * rowByteCount]
      try backend.write(
        UnsafeRawBufferPointer(rebasing: source), of: row.entry.tokens, row: rows.lowerBound)
    }
  }

  /// Takes rows whose hidden states are not finite out of the step, and logs the others.
  private func dropSpoiled(from step: inout StageStep) throws {
    var refusals: [FrameRefusal] = []
    for row in step.rows {
      guard let rows = row.rows else { continue }
      guard try backend.isFinite(rows) else {
        refusals.append(
          FrameRefusal(
            sequence: row.entry.sequence,
            reason: "has hidden states that are not finite in layers \(assignment.place.layers)"))
        continue
      }
      guard !isLast else { continue }
      log.append(row.entry.sequence, position: row.entry.startPosition, rowCount: rows.count) { part, target in
        try backend.read(rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound, into: target)
      }
    }
    drop(refusals, from: &step)
  }

  private func drop(_ refusals: [FrameRefusal], from step: inout StageStep) {
    release(refusals.map(\.sequence))
    step.drop(refusals, stage: assignment.place.index)
  }
}
