import Inference
import Transformer
import Transport
import Wire

/// What a stage sends on.
extension ServingStage {
  /// The step for the next stage: rows of the entries that it reads, as they were computed, or out of the log.
  /// - Parameter rows: the first row of each entry; nil for one that was not computed here.
  func forwarded(_ header: ForwardHeader, rows: [Int?]) -> Message {
    var frames = [Frame(header.encoded())]
    let next = assignment.stageIndex + 1
    let byteCount = header.payloadByteCount(to: next)
    if header.failure == nil, byteCount > 0 {
      let width = stage.configuration.hiddenSize
      frames.append(
        Frame(byteCount: byteCount) { destination in
          let target = destination.bindMemory(to: Float.self)
          guard var place = target.baseAddress else { return }
          for (entry, row) in zip(header.entries, rows) where entry.isRead(by: next) {
            let count = entry.tokens.count
            if let row {
              place.update(from: stage.input + row * width, count: count * width)
            } else {
              // It is there: the step would have failed otherwise.
              _ = log.read(entry.sequence, entry.startPosition..<entry.startPosition + count, to: place)
            }
            place += count * width
          }
        })
    }
    return Message(frames: frames).sealed()
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
