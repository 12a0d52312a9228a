import Core
import Transformer
import Transport
import Wire

/// What a stage sends on.
extension ServingStage {
  /// The step for the next stage: rows of the entries that it reads, as they were computed, or out of the log. A log
  /// that cannot be read fails the step.
  /// - Parameter rows: the first row of each entry; nil for one that was not computed here.
  func forwarded(_ received: ForwardHeader, rows: [Int?]) -> Message {
    var header = received
    var payload: Frame?
    if header.failure == nil {
      do {
        payload = try hiddenStates(header, rows: rows)
      } catch {
        header.failure = failure(error)
      }
    }
    return Message(frames: [Frame(header.encoded())] + (payload.map { [$0] } ?? [])).sealed()
  }

  /// Nil when the next stage reads nothing.
  private func hiddenStates(_ header: ForwardHeader, rows: [Int?]) throws -> Frame? {
    let next = assignment.stageIndex + 1
    let byteCount = header.payloadByteCount(to: next)
    guard byteCount > 0 else { return nil }
    let width = stage.configuration.hiddenSize
    var failure: (any Error)?
    let frame = Frame(byteCount: byteCount) { destination in
      guard var place = destination.bindMemory(to: Float.self).baseAddress else { return }
      do {
        for (entry, row) in zip(header.entries, rows) where entry.isRead(by: next) {
          let count = entry.tokens.count
          if let row {
            place.update(from: stage.input + row * width, count: count * width)
          } else {
            try log.read(entry.sequence, entry.startPosition..<entry.startPosition + count, to: place)
          }
          place += count * width
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

  func result(of header: ForwardHeader, entries: [StepResultEntry], logits: [Float]) -> Message {
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
