import Backend
import Core
import Transport
import Wire

/// What a stage sends on.
extension ServingStage {
  /// The step for the next stage: the rows that it reads, as they were computed or out of the log. A log that cannot be
  /// read fails the step.
  func forwarded(_ computed: StageStep) -> Message {
    var step = computed
    var payload: Frame?
    do {
      payload = try hiddenStates(step)
    } catch {
      step.fail(failure(error))
    }
    return Message(frames: [Frame(step.sentHeader.encoded())] + (payload.map { [$0] } ?? [])).sealed()
  }

  /// Nil when the next stage reads nothing.
  private func hiddenStates(_ step: StageStep) throws -> Frame? {
    let next = assignment.place.index + 1
    let rowByteCount = backend.facts.rowByteCount
    let byteCount =
      step.rows.reduce(0) { $0 + ($1.entry.isComputed(by: next) ? $1.entry.tokens.count : 0) } * rowByteCount
    guard byteCount > 0 else { return nil }
    var failure: (any Error)?
    let frame = Frame(byteCount: byteCount) { destination in
      do {
        var place = 0
        for row in step.rows where row.entry.isComputed(by: next) {
          let end = place + row.entry.tokens.count * rowByteCount
          try copyRows(of: row, to: UnsafeMutableRawBufferPointer(rebasing: destination[place..<end]))
          place = end
        }
      } catch {
        // The frame is not sent then.
        destination.initializeMemory(as: UInt8.self, repeating: 0)
        failure = error
      }
    }
    if let failure { throw failure }
    return frame
  }

  private func copyRows(of row: StepRow, to target: UnsafeMutableRawBufferPointer) throws {
    if let rows = row.rows { return try backend.read(rows, into: target) }
    let start = row.entry.startPosition
    try log.read(row.entry.sequence, start..<start + row.entry.tokens.count, to: target)
  }

  func result(of header: ForwardHeader, _ results: StageHead.Results) -> Message {
    let failed = header.failure != nil
    let result = StepResult(
      epoch: header.epoch, step: header.step, entries: failed ? [] : results.entries,
      vocabularySize: backend.facts.vocabularySize, hiddenSize: backend.facts.hiddenSize, failure: header.failure,
      failed: header.failed,
      timings: header.timings)
    var frames = [Frame(result.encoded())]
    if !results.numbers.isEmpty, !failed {
      frames.append(
        results.numbers.withUnsafeBytes { bytes in Frame(byteCount: bytes.count) { $0.copyMemory(from: bytes) } })
    }
    return Message(frames: frames).sealed()
  }
}
