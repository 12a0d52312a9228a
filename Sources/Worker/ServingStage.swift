import Attention
import Inference
import Transformer
import Transport
import Wire

/// A loaded stage at work: its weights and cache, the sequences in it, and where its frames go. Confined to the compute
/// thread.
final class ServingStage {
  private(set) var assignment: StageAssignment
  private var output: StageOutput
  private let stage: PipelineStage
  private var sequences: StageSequences
  private var head: StageHead
  private var clock = StageClock()
  let weightByteCount: Int
  /// Whether frames of the assignment's epoch are taken.
  private var isServing = true
  /// Steps are taken in order and once. A repeated one is done already; after a gap nothing is taken any more, and the
  /// coordinator, which misses the result, makes all steps again under another epoch.
  private var nextStep: UInt64 = 1

  init(_ assignment: StageAssignment, output: StageOutput, stage: PipelineStage, weightByteCount: Int) {
    self.assignment = assignment
    self.output = output
    self.stage = stage
    self.weightByteCount = weightByteCount
    sequences = Self.sequences(assignment, stage)
    head = StageHead(
      vocabularySize: assignment.stageIndex == assignment.stageCount - 1 ? stage.configuration.vocabularySize : 0)
  }

  var kvByteCount: Int { stage.store.byteCount }
  private var isFirst: Bool { assignment.stageIndex == 0 }
  private var isLast: Bool { assignment.stageIndex == assignment.stageCount - 1 }

  private static func sequences(_ assignment: StageAssignment, _ stage: PipelineStage) -> StageSequences {
    StageSequences(
      store: stage.store, vocabularySize: stage.configuration.vocabularySize,
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

  /// Goes on under another epoch, without sequences.
  func begin(_ assignment: StageAssignment, output: StageOutput) {
    self.assignment = assignment
    self.output = output
    forget()
    isServing = true
    nextStep = 1
  }

  /// Drops all sequences and takes no frames until the next assignment.
  func forget() {
    sequences = Self.sequences(assignment, stage)
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
    sequences.release(header.releases)
    var rows: [Int] = []
    var results: [StepResultEntry] = []
    var logits: [Float] = []
    if header.failure == nil, !header.entries.isEmpty {
      do {
        let payload = message.frames.count > 1 ? message.frames[1] : nil
        rows = try compute(&header, payload: payload, progress: progress)
        if isLast {
          let made = try clock.computing {
            try head.results(of: header.entries, rows: rows, stage: stage, sequences: sequences)
          }
          (results, logits) = (made.entries, made.logits)
          drop(made.refusals, from: &header)
        }
      } catch {
        header.failure = "stage \(assignment.stageIndex) (layers \(assignment.layers)): \(error)"
      }
    }
    header.timings.append(clock.timing())
    try clock.sending {
      let message = isLast ? result(of: header, entries: results, logits: logits) : forwarded(header, rows: rows)
      try output.send(message)
      return message.byteCount
    }
  }

  /// Tells the stages after this one, and so the coordinator, that the next step is lost: it is made again.
  func lose(_ reason: String) throws {
    guard isServing else { return }
    let header = ForwardHeader(
      epoch: assignment.epoch, step: nextStep, hiddenSize: stage.configuration.hiddenSize, entries: [],
      failure: "stage \(assignment.stageIndex) (layers \(assignment.layers)): \(reason)")
    nextStep += 1
    try output.send(isLast ? result(of: header, entries: [], logits: []) : forwarded(header, rows: []))
  }

  /// Runs the layers over the entries that can go on; those that cannot are dropped from the header. Returns the first
  /// row of each remaining entry.
  private func compute(
    _ header: inout ForwardHeader, payload: Frame?, progress: () -> Void
  ) throws -> [Int] {
    let width = stage.configuration.hiddenSize
    guard header.rowCount <= assignment.maximumStepTokenCount else {
      throw StepError.tooManyRows(header.rowCount, limit: assignment.maximumStepTokenCount)
    }
    guard header.hiddenSize == width else { throw StepError.otherWidth(header.hiddenSize, expected: width) }
    let expected = isFirst ? 0 : header.expectedPayloadByteCount
    guard (payload?.count ?? 0) == expected else { throw StepError.payload(payload?.count ?? 0, expected: expected) }
    // Where each entry's rows are in the payload, which has those of refused entries, too.
    var sources: [SequenceID: Int] = [:]
    var source = 0
    for entry in header.entries {
      sources[entry.sequence] = source
      source += entry.tokens.count
    }
    let admitted = sequences.admit(header.entries)
    drop(admitted.refusals, from: &header)
    guard !header.entries.isEmpty else { return [] }
    var rows: [Int] = []
    var row = 0
    for entry in header.entries {
      rows.append(row)
      fill(entry, row: row, from: payload, sourceRow: sources[entry.sequence] ?? 0)
      row += entry.tokens.count
    }
    clock.computing { _ = stage.forward(entries: admitted.attention, rows: row) { _ in progress() } }
    #if FAILPOINTS
      FailPoint.due(stage: assignment.stageIndex, entries: header.entries)?.strike(stage.input)
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

  /// Takes entries whose hidden states are not finite out of the step. Returns the first rows of those that remain.
  private func dropSpoiled(from header: inout ForwardHeader, rows: [Int]) -> [Int] {
    var kept: [Int] = []
    var refusals: [FrameRefusal] = []
    for (entry, row) in zip(header.entries, rows) {
      if stage.isFinite(row..<row + entry.tokens.count) {
        kept.append(row)
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
    sequences.release(refusals.map(\.sequence))
    header.failed += refusals.map {
      SequenceFailure(sequence: $0.sequence, reason: "stage \(assignment.stageIndex): \($0)")
    }
  }

  private func forwarded(_ header: ForwardHeader, rows: [Int]) -> Message {
    var frames = [Frame(header.encoded())]
    if header.failure == nil, !header.entries.isEmpty {
      let rowByteCount = stage.configuration.hiddenSize * MemoryLayout<Float>.size
      frames.append(
        Frame(byteCount: header.expectedPayloadByteCount) { destination in
          var offset = 0
          for (entry, row) in zip(header.entries, rows) {
            let count = entry.tokens.count * rowByteCount
            UnsafeMutableRawBufferPointer(rebasing: destination[offset..<offset + count]).copyMemory(
              from: UnsafeRawBufferPointer(start: stage.input + row * stage.configuration.hiddenSize, count: count))
            offset += count
          }
        })
    }
    return Message(frames: frames).sealed()
  }

  private func result(of header: ForwardHeader, entries: [StepResultEntry], logits: [Float]) -> Message {
    let result = StepResult(
      epoch: header.epoch, step: header.step, entries: header.failure == nil ? entries : [],
      vocabularySize: stage.configuration.vocabularySize, failure: header.failure, failed: header.failed,
      timings: header.timings)
    var frames = [Frame(result.encoded())]
    if !logits.isEmpty, header.failure == nil {
      frames.append(logits.withUnsafeBytes { bytes in Frame(byteCount: bytes.count) { $0.copyMemory(from: bytes) } })
    }
    return Message(frames: frames).sealed()
  }
}

/// A step that this stage cannot compute as sent.
enum StepError: Error, CustomStringConvertible {
  case tooManyRows(Int, limit: Int)
  case otherWidth(Int, expected: Int)
  case payload(Int, expected: Int)

  var description: String {
    switch self {
    case .tooManyRows(let rows, let limit): "the step has \(rows) tokens where the plan allows \(limit)"
    case .otherWidth(let width, let expected): "hidden states are \(width) wide where the model's are \(expected)"
    case .payload(let count, let expected): "the payload has \(count) bytes where the step needs \(expected)"
    }
  }
}
