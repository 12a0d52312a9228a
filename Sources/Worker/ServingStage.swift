import Core
import Transformer
import Transport
import Wire

/// A loaded stage at work: its weights and cache, the sequences in it, and where its frames go. Confined to the compute
/// thread.
final class ServingStage {
  private(set) var assignment: StageAssignment
  private var output: StageOutput
  let stage: PipelineStage
  var sequences: StageSequences
  /// What was sent to the next stage; empty at the last one.
  var log: ReplayLog
  /// The epoch whose first step said which sequences are here; nil when none has.
  var sequencesEpoch: PlanEpoch?
  private var head: StageHead
  private var clock = StageClock()
  let weightByteCount: Int
  /// Whether frames of the assignment's epoch are taken.
  private var isServing = true
  /// Steps are taken in order and once. A repeated one is done already; after a gap nothing is taken any more, and the
  /// coordinator, which misses the result, makes all steps again under another epoch.
  private var nextStep: UInt64 = 1
  #if FAILPOINTS
    /// Whether what is sent next is to arrive damaged.
    private var isToBeDamaged = false
  #endif

  /// - Parameter log: empty, for what is sent to the next stage.
  init(
    _ assignment: StageAssignment, output: StageOutput, stage: PipelineStage, weightByteCount: Int, log: ReplayLog
  ) {
    self.assignment = assignment
    self.output = output
    self.stage = stage
    self.weightByteCount = weightByteCount
    sequences = Self.sequences(assignment, stage)
    let isLast = assignment.stageIndex == assignment.stageCount - 1
    self.log = log
    head = StageHead(vocabularySize: isLast ? stage.configuration.vocabularySize : 0)
  }

  var kvByteCount: Int { stage.kvByteCount }
  /// What can wait before this stage at most.
  var waitingByteLimit: Int { windowByteCount(width: stage.configuration.hiddenSize) }
  /// What can wait after it; results may have logits.
  private var sentByteLimit: Int {
    windowByteCount(width: isLast ? stage.configuration.vocabularySize : stage.configuration.hiddenSize)
  }

  private func windowByteCount(width: Int) -> Int {
    StepWindow(stageCount: assignment.stageCount).byteCount(rows: assignment.maximumStepTokenCount, width: width)
  }
  private var isFirst: Bool { assignment.stageIndex == 0 }
  var isLast: Bool { assignment.stageIndex == assignment.stageCount - 1 }

  static func sequences(_ assignment: StageAssignment, _ stage: PipelineStage) -> StageSequences {
    StageSequences(
      pageCount: assignment.pageCount, vocabularySize: stage.configuration.vocabularySize,
      contextLength: assignment.contextLength, isLast: assignment.stageIndex == assignment.stageCount - 1)
  }

  /// Whether another assignment asks for exactly what is loaded; its place among the stages may differ in between.
  func canServe(_ other: StageAssignment) -> Bool {
    other.layers == assignment.layers && other.modelPaths == assignment.modelPaths
      && other.modelFingerprint == assignment.modelFingerprint && other.pageCount == assignment.pageCount
      && other.kvElementType == assignment.kvElementType && other.contextLength == assignment.contextLength
      && other.maximumStepTokenCount == assignment.maximumStepTokenCount
      && (other.stageIndex == 0) == isFirst && (other.stageIndex == other.stageCount - 1) == isLast
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
  /// way, and are nobody's any more.
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

  /// Computes a step and sends on what it made. A sequence that cannot go on leaves the step, with the reason; a step
  /// that cannot be computed at all goes on without its payload. Throws when nothing can be sent.
  func serve(_ received: ForwardHeader, _ message: Message, progress: () -> Void) throws {
    var header = received
    var rows: [Int?] = []
    var results: [StepResultEntry] = []
    var logits: [Float] = []
    do {
      if header.step == 1 { try clock.computing { try resume(header) } }
      release(header.releases)
      if header.failure == nil, !header.entries.isEmpty {
        let payload = message.frames.count > 1 ? message.frames[1] : nil
        rows = try compute(&header, payload: payload, progress: progress)
        if isLast { (results, logits) = try makeResults(&header, rows: rows) }
      }
    } catch {
      header.failure = header.failure ?? failure(error)
    }
    header.timings.append(clock.timing(rowCount: header.rowCount(readBy: assignment.stageIndex)))
    try clock.sending {
      let message = isLast ? result(of: header, entries: results, logits: logits) : forwarded(header, rows: rows)
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
  func failure(_ reason: Any) -> String { "stage \(assignment.stageIndex) (layers \(assignment.layers)): \(reason)" }

  /// Tells the stages after this one, and so the coordinator, that the next step is lost: it is made again.
  func lose(_ reason: String) throws {
    guard isServing else { return }
    let header = ForwardHeader(
      epoch: assignment.epoch, step: nextStep, hiddenSize: stage.configuration.hiddenSize, entries: [],
      failure: failure(reason))
    nextStep += 1
    try output.send(isLast ? result(of: header, entries: [], logits: []) : forwarded(header, rows: []))
  }

  /// New tokens and scores of the entries that were read here; of others only how far they are.
  private func makeResults(
    _ header: inout ForwardHeader, rows: [Int?]
  ) throws -> (entries: [StepResultEntry], logits: [Float]) {
    let passed = header.entries.filter { !$0.isRead(by: assignment.stageIndex) }.map {
      StepResultEntry(sequence: $0.sequence, position: $0.startPosition + $0.tokens.count)
    }
    let read = header.entries.filter { $0.isRead(by: assignment.stageIndex) }
    let made = try clock.computing {
      try head.results(of: read, rows: rows.compactMap { $0 }, stage: stage, sequences: sequences)
    }
    drop(made.refusals, from: &header)
    return (made.entries + passed, made.logits)
  }

  /// Runs the layers over the entries that this stage reads and that can go on; those that cannot are dropped from the
  /// header. Returns the first row of each remaining entry, nil for those that it holds already.
  private func compute(
    _ header: inout ForwardHeader, payload: Frame?, progress: () -> Void
  ) throws -> [Int?] {
    let index = assignment.stageIndex
    let width = stage.configuration.hiddenSize
    guard header.rowCount <= assignment.maximumStepTokenCount else {
      throw StepError.tooManyRows(header.rowCount, limit: assignment.maximumStepTokenCount)
    }
    guard header.hiddenSize == width else { throw StepError.otherWidth(header.hiddenSize, expected: width) }
    let expected = isFirst ? 0 : header.payloadByteCount(to: index)
    guard (payload?.count ?? 0) == expected else { throw StepError.payload(payload?.count ?? 0, expected: expected) }
    try checkLogged(header.entries)
    // Where each entry's rows are in the payload, which has those of refused entries, too.
    var sources: [SequenceID: Int] = [:]
    var source = 0
    for entry in header.entries where entry.isRead(by: index) {
      sources[entry.sequence] = source
      source += entry.tokens.count
    }
    let admitted = sequences.admit(header.entries.filter { $0.isRead(by: index) })
    drop(admitted.refusals, from: &header)
    var rows: [Int?] = []
    var row = 0
    for entry in header.entries {
      guard entry.isRead(by: index) else {
        rows.append(nil)
        continue
      }
      rows.append(row)
      fill(entry, row: row, from: payload, sourceRow: sources[entry.sequence] ?? 0)
      row += entry.tokens.count
    }
    guard row > 0 else { return rows }
    clock.computing { _ = stage.forward(entries: admitted.attention, rows: row) { _ in progress() } }
    #if FAILPOINTS
      for (entry, row) in zip(header.entries, rows) {
        if let row, let fault = FailPoint.due(stage: index, entry: entry) {
          fault.strike(stage.input + row * width)
          isToBeDamaged = fault.kind == .damage
        }
      }
    #endif
    return dropSpoiled(from: &header, rows: rows)
  }

  private func fill(_ entry: ForwardEntry, row: Int, from payload: Frame?, sourceRow: Int) {
    guard let payload else {
      for (offset, token) in entry.tokens.enumerated() { stage.embed(token, row: row + offset) }
      return
    }
    let rowByteCount = stage.configuration.hiddenSize * MemoryLayout<Float>.size
    payload.withUnsafeBytes { bytes in
      let start = sourceRow * rowByteCount
      UnsafeMutableRawBufferPointer(
        start: stage.input + row * stage.configuration.hiddenSize, count: entry.tokens.count * rowByteCount
      ).copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + entry.tokens.count * rowByteCount]))
    }
  }

  /// Takes entries whose hidden states are not finite out of the step, and logs the others. Returns the first rows of
  /// those that remain.
  private func dropSpoiled(from header: inout ForwardHeader, rows: [Int?]) -> [Int?] {
    var kept: [Int?] = []
    var refusals: [FrameRefusal] = []
    for (entry, row) in zip(header.entries, rows) {
      guard let row else {
        kept.append(nil)
        continue
      }
      if stage.isFinite(row..<row + entry.tokens.count) {
        kept.append(row)
        if !isLast {
          log.append(
            entry.sequence, position: entry.startPosition, rows: stage.input + row * stage.configuration.hiddenSize,
            rowCount: entry.tokens.count)
        }
      } else {
        refusals.append(
          FrameRefusal(
            sequence: entry.sequence, reason: "has hidden states that are not finite in layers \(assignment.layers)"))
      }
    }
    drop(refusals, from: &header)
    return kept
  }

  private func drop(_ refusals: [FrameRefusal], from header: inout ForwardHeader) {
    guard !refusals.isEmpty else { return }
    let refused = Set(refusals.map(\.sequence))
    header.entries.removeAll { refused.contains($0.sequence) }
    release(refusals.map(\.sequence))
    header.failed += refusals.map {
      SequenceFailure(sequence: $0.sequence, reason: "stage \(assignment.stageIndex): \($0)")
    }
  }
}
