import Core
import Testing

@testable import Coordinator

@Suite("The last steps")
struct StepHistoryTests {
  private static let timing = StageTiming(
    waitNanoseconds: 1, computeNanoseconds: 2, transferNanoseconds: 3, sentByteCount: 4)

  private static func add(_ step: UInt64, to history: inout StepHistory) {
    history.noteSent(step, .init(decodeCount: 2, prefillCount: 5), now: .milliseconds(Int(step)))
    history.noteCompleted(step, timings: [timing], generatedTokenCount: 2, now: .milliseconds(Int(step) + 1))
  }

  @Test("are numbered over all plans, and given out after a number")
  func numbers() {
    var history = StepHistory()
    Self.add(1, to: &history)
    Self.add(2, to: &history)
    history.forgetInFlight()
    // Another plan counts its steps from 1 again.
    Self.add(1, to: &history)
    #expect(history.steps(after: 0).map(\.number) == [1, 2, 3])
    #expect(history.steps(after: 2).map(\.sent) == [.milliseconds(1)])
    #expect(history.steps(after: 3).isEmpty && history.steps(after: .max).isEmpty)
    #expect(history.totals == .init(stepCount: 3, prefillTokenCount: 15, generatedTokenCount: 6))
  }

  @Test("that were in flight when a plan ended, or were never sent, are not counted")
  func lost() {
    var history = StepHistory()
    history.noteSent(1, .init(decodeCount: 1, prefillCount: 0), now: .zero)
    history.forgetInFlight()
    history.noteCompleted(1, timings: [], generatedTokenCount: 1, now: .zero)
    history.noteCompleted(9, timings: [], generatedTokenCount: 1, now: .zero)
    #expect(history.totals == .init() && history.steps(after: 0).isEmpty)
  }

  @Test("are kept up to a bound")
  func bound() {
    var history = StepHistory()
    let count = UInt64(3 * StepHistory.capacity + 7)
    for step in 1...count { Self.add(step, to: &history) }
    #expect(history.steps(after: 0).count == StepHistory.capacity)
    #expect(history.steps(after: 0).last?.number == count)
  }
}
