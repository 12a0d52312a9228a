import Core
import Testing

@testable import Scheduling

@Suite("How many steps of decodes are in flight")
struct DecodeBatchTunerTests {
  /// Lets `count` steps be chosen and noted, with round trips as `seconds(steps, rows)` says; returns the choices.
  private func choices(
    _ pace: inout DecodeBatchTuner, count: Int, decoding: Int, stages: Int, _ seconds: (Int, Int) -> Double
  ) -> [Int] {
    (0..<count).map { _ in
      let steps = pace.stepsInFlight(decoding: decoding, stageCount: stages)
      let rows = (decoding + steps - 1) / steps
      pace.note(steps: steps, rows: rows, seconds: seconds(steps, rows))
      return steps
    }
  }

  /// Stages that compute: a step's time grows with its rows, and stages do not disturb each other.
  private func computing(_ steps: Int, _ rows: Int) -> Double { Double(max(steps, 2)) * (0.001 + 0.010 * Double(rows)) }
  /// Two stages that read their weights over one bus, of which one alone gets three quarters.
  private func reading(_ steps: Int, _ rows: Int) -> Double { steps == 1 ? 0.0133 : 0.020 }

  @Test("one stage or one sequence has one step; until something is known there is one for each stage")
  func beginning() {
    var pace = DecodeBatchTuner()
    #expect(pace.stepsInFlight(decoding: 9, stageCount: 1) == 1)
    #expect(pace.stepsInFlight(decoding: 1, stageCount: 4) == 1)
    #expect(pace.stepsInFlight(decoding: 0, stageCount: 4) == 1)
    #expect(pace.stepsInFlight(decoding: 3, stageCount: 4) == 3)
    #expect(choices(&pace, count: 8, decoding: 4, stages: 2, reading) == Array(repeating: 2, count: 8))
  }

  @Test("stages that compute keep a step each, stages that read over one bus share one step")
  func settles() {
    var computes = DecodeBatchTuner()
    let afterComputing = choices(&computes, count: 60, decoding: 4, stages: 2, computing)
    #expect(afterComputing[8..<12] == [1, 1, 1, 1])
    #expect(afterComputing[12...].allSatisfy { $0 == 2 })
    var reads = DecodeBatchTuner()
    let afterReading = choices(&reads, count: 60, decoding: 4, stages: 2, reading)
    #expect(afterReading[8...].allSatisfy { $0 == 1 })
  }

  @Test("with many stages every halving is tried, and the best of them kept")
  func manyStages() {
    var pace = DecodeBatchTuner()
    let made = choices(&pace, count: 100, decoding: 16, stages: 8) { steps, _ in abs(Double(steps) - 2) + 1 }
    #expect(Set(made) == [8, 4, 2, 1])
    #expect(made[30...].allSatisfy { $0 == 2 })
  }

  @Test("small differences change nothing; what changed for good is noticed")
  func hysteresis() {
    var pace = DecodeBatchTuner()
    _ = choices(&pace, count: 40, decoding: 4, stages: 2) { steps, _ in steps == 1 ? 1 : 1.2 }
    // A little worse than the other is not worth a change.
    let kept = choices(&pace, count: 40, decoding: 4, stages: 2) { steps, _ in steps == 1 ? 1.22 : 1.2 }
    #expect(kept.allSatisfy { $0 == 1 })
    let changed = choices(&pace, count: 40, decoding: 4, stages: 2) { steps, _ in steps == 1 ? 2 : 1.2 }
    #expect(changed.last == 2)
    // The other one gets its chance again.
    let back = choices(&pace, count: 3000, decoding: 4, stages: 2) { steps, _ in steps == 1 ? 1 : 1.2 }
    #expect(back.last == 1)
  }

  @Test("what was near the best is tried again after long, what was far is not")
  func staleness() {
    var pace = DecodeBatchTuner()
    _ = choices(&pace, count: 20, decoding: 4, stages: 2) { steps, _ in steps == 1 ? 1 : 1.2 }
    let near = choices(&pace, count: 2200, decoding: 4, stages: 2) { steps, _ in steps == 1 ? 1 : 1.2 }
    #expect(near.count { $0 == 2 } == 4)
    var far = DecodeBatchTuner()
    _ = choices(&far, count: 20, decoding: 4, stages: 2) { steps, _ in steps == 1 ? 1 : 3 }
    let after = choices(&far, count: 2200, decoding: 4, stages: 2) { steps, _ in steps == 1 ? 1 : 3 }
    #expect(after.allSatisfy { $0 == 1 })
  }

  @Test("a line is learnt from two numbers of rows; from one, the best is hoped for")
  func lines() throws {
    var line = PaceLine()
    #expect(line.seconds(rows: 1) == nil)
    for number in 1...5 { line.note(rows: 4, seconds: 0.8, number: number) }
    #expect(line.seconds(rows: 8) == 0.8)
    #expect(try #require(line.seconds(rows: 2)) == 0.4)
    for number in 6...10 { line.note(rows: 8, seconds: 1.2, number: number) }
    let six = try #require(line.seconds(rows: 6))
    #expect(abs(six - 1) < 1e-9)
    // A slope that falls is noise.
    var falling = PaceLine()
    falling.note(rows: 2, seconds: 2, number: 1)
    falling.note(rows: 4, seconds: 1, number: 2)
    let (few, many) = (try #require(falling.seconds(rows: 1)), try #require(falling.seconds(rows: 100)))
    #expect(few == many)
  }

  @Test("the scheduler measures its own steps and takes all sequences into one where two are slower")
  func scheduler() throws {
    var scheduler = Scheduler(
      limits: SchedulerLimits(
        stageCount: 2, stepTokenBudget: 300, chunkTokenCount: 256, maximumRunningSequences: 4,
        maximumWaitingRequests: 4, pageCount: 100, contextLength: 2000))
    for id in 1...4 {
      try scheduler.submit(
        SchedulerBench.request(UInt64(id), prompt: 1, new: 400), now: .zero)
    }
    var now = Duration.zero
    var flying: [StepPlan] = []
    var sizes: [Int] = []
    for _ in 0..<200 {
      while let plan = scheduler.nextStep(now: now) { flying.append(plan) }
      sizes.append(flying.count)
      // Two steps at once take two thirds longer to come round than one of all.
      now += flying.count == 1 ? .milliseconds(12) : .milliseconds(10)
      let plan = flying.removeFirst()
      _ = try scheduler.complete(
        StepCompletion(
          step: plan.step, entries: plan.entries.map { .init(sequence: $0.sequence, sampled: [SampledToken(5)]) },
          now: now))
    }
    #expect(sizes[2..<8].allSatisfy { $0 == 2 })
    #expect(sizes.suffix(100).allSatisfy { $0 == 1 })
  }
}
