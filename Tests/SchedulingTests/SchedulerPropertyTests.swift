import Core
import Testing

@testable import Scheduling

/// Random requests, cancels and completions against a model of what the stages see. A failure prints its
/// seed.
struct SchedulerPropertyTests {
  @Test(
    "Whatever happens, the stages see every sequence once, in order, on pages of its own", arguments: 0..<100)
  func randomRuns(seed: Int) throws {
    var run = try SimulatedRun(seed: UInt64(seed))
    for _ in 0..<200 { try run.act() }
    try run.drain()
  }

  @Test("The same where sequences take each other's pages, and all come to their end")
  func growing() throws {
    var preemptionCount = 0
    for seed in UInt64(0)..<60 {
      var run = try SimulatedRun(seed: seed, grows: true)
      for _ in 0..<600 { try run.act() }
      try run.drain()
      preemptionCount += run.preemptionCount
      #expect(run.preemptionCount <= run.scheduler.counts.preemptionCount, "seed \(seed)")
    }
    #expect(preemptionCount > 10, "\(preemptionCount)")
  }
}
