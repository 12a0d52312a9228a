import Core
import Scheduling
import Sockets
import Transport
import Wire

/// Scheduler steps as frames, and result frames as values.
enum StepMessages {
  static func forward(_ plan: StepPlan, epoch: PlanEpoch, hiddenSize: Int) -> Message {
    let header = ForwardHeader(
      epoch: epoch, step: plan.step, hiddenSize: hiddenSize,
      entries: plan.entries.map { entry in
        ForwardEntry(
          sequence: entry.sequence, startPosition: entry.startPosition, tokens: entry.tokens, newPages: entry.newPages,
          policy: entry.policy,
          opening: entry.opening.map {
            SequenceStart(
              sampling: $0.sampling, neighborPages: $0.neighborPages, promptTokenCount: $0.promptTokenCount)
          },
          samples: entry.shouldSample, wantsLogits: entry.wantsLogits, topLogprobCount: entry.topLogprobCount,
          scoresFrom: entry.scoresFrom, followingToken: entry.followingToken, rebuilding: entry.rebuilding)
      }, releases: plan.releases, resumes: plan.resumes)
    return Message(header.encoded()).sealed()
  }

  /// A step's result with its rows of logits, one for each entry that has them.
  static func result(_ message: Message) throws(WireError) -> (StepResult, [[Float]]) {
    let message = try message.verifiedData()
    guard let first = message.frames.first else { throw .field("frames", reason: "has no header") }
    let decoded = first.withUnsafeBytes { bytes in
      Result { () throws(WireError) in try StepResult(decoding: bytes) }
    }
    let result = try decoded.get()
    let expected = result.expectedPayloadByteCount
    guard expected > 0 else { return (result, []) }
    guard message.frames.count > 1, message.frames[1].count == expected else {
      throw .field("payload", reason: "does not have the \(expected) bytes that its header announces")
    }
    let width = result.vocabularySize
    let rows = message.frames[1].withUnsafeBytes { bytes in
      (0..<expected / (width * 4)).map { row in
        [Float](unsafeUninitializedCapacity: width) { buffer, count in
          UnsafeMutableRawBufferPointer(buffer).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes[row * width * 4..<(row + 1) * width * 4]))
          count = width
        }
      }
    }
    guard rows.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
      throw .field("payload", reason: "has numbers that are not finite")
    }
    return (result, rows)
  }
}
