import Core
import Testing
import Transport
import Wire

@testable import Coordinator

@Suite("Result messages")
struct StepMessagesTests {
  private func message(_ numbers: [Float], _ entries: [StepResultEntry]) -> Message {
    let result = StepResult(epoch: PlanEpoch(1), step: 1, entries: entries, vocabularySize: 2, hiddenSize: 3)
    let bytes = numbers.withUnsafeBytes { Array($0) }
    return Message(frames: [Frame(result.encoded()), Frame(bytes)]).sealed()
  }

  private let entries = [
    StepResultEntry(sequence: SequenceID(1), position: 5, logitsRowCount: 2),
    StepResultEntry(sequence: SequenceID(2), position: 6, sampled: [SampledToken(1)]),
    StepResultEntry(sequence: SequenceID(3), position: 7, logitsRowCount: 1, hasPooledRow: true),
    StepResultEntry(sequence: SequenceID(4), position: 8, hasPooledRow: true),
  ]

  @Test("every entry gets its own rows of logits, and its pooled row after them")
  func rows() throws {
    let (result, rows) = try StepMessages.result(message((0..<12).map { Float($0) }, entries))
    #expect(result.entries == entries)
    #expect(rows[SequenceID(1)]?.logits == [[0, 1], [2, 3]] && rows[SequenceID(1)]?.pooled == nil)
    #expect(rows[SequenceID(2)] == nil)
    #expect(rows[SequenceID(3)]?.logits == [[4, 5]] && rows[SequenceID(3)]?.pooled == [6, 7, 8])
    #expect(rows[SequenceID(4)]?.logits == [] && rows[SequenceID(4)]?.pooled == [9, 10, 11])
  }

  @Test("a frame of another length, and numbers that are not finite, are refused")
  func hostile() {
    for numbers in [
      (0..<11).map { Float($0) }, (0..<13).map { Float($0) }, Array(repeating: .nan, count: 12),
      Array(repeating: .infinity, count: 12),
    ] {
      #expect(throws: WireError.self) { try StepMessages.result(message(numbers, entries)) }
    }
  }
}
