import Core
import Scheduling
import Sockets
import Transport
import Wire

/// Scheduler steps as frames, and result frames as values.
enum StepMessages {
  static func forward(_ plan: StepPlan, epoch: PlanEpoch, hiddenSize: Int) -> Message {
    let header = ForwardHeader(
      epoch: epoch, step: plan.step, hiddenSize: hiddenSize, entries: plan.entries, releases: plan.releases,
      resumes: plan.resumes)
    return Message(header.encoded()).sealed()
  }

  /// Rows of numbers that came with a step's result, of one of its entries.
  struct EntryRows {
    /// One for each row whose logits were asked for.
    var logits: [[Float]] = []
    var pooled: [Float]?
  }

  /// A step's result with the rows that came along, by sequence.
  static func result(_ message: Message) throws(WireError) -> (StepResult, [SequenceID: EntryRows]) {
    let message = try message.verifiedData()
    guard let first = message.frames.first else { throw .field("frames", reason: "has no header") }
    let decoded = first.withUnsafeBytes { bytes in
      Result { () throws(WireError) in try StepResult(decoding: bytes) }
    }
    let result = try decoded.get()
    let expected = result.expectedPayloadByteCount
    guard expected > 0 else { return (result, [:]) }
    guard message.frames.count > 1, message.frames[1].count == expected else {
      throw .field("payload", reason: "does not have the \(expected) bytes that its header announces")
    }
    let numbers = message.frames[1].withUnsafeBytes { bytes in
      [Float](unsafeUninitializedCapacity: bytes.count / MemoryLayout<Float>.size) { buffer, count in
        UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
        count = buffer.count
      }
    }
    guard numbers.allSatisfy(\.isFinite) else { throw .field("payload", reason: "has numbers that are not finite") }
    var left = numbers[...]
    func take(_ count: Int) -> [Float] {
      defer { left = left.dropFirst(count) }
      return Array(left.prefix(count))
    }
    var rows: [SequenceID: EntryRows] = [:]
    for entry in result.entries where entry.logitsRowCount > 0 || entry.hasPooledRow {
      rows[entry.sequence] = EntryRows(
        logits: (0..<entry.logitsRowCount).map { _ in take(result.vocabularySize) },
        pooled: entry.hasPooledRow ? take(result.hiddenSize) : nil)
    }
    return (result, rows)
  }
}
