import Testing

@testable import Worker

@Suite("What a step should take")
struct StepTimeTests {
  @Test("is what such steps took; more rows than were measured take longer in proportion")
  func rows() {
    var estimator = StepTimeEstimator()
    #expect(estimator.expectedSeconds(rows: 1, depth: 1) == StepTimeEstimator.firstSeconds)
    estimator.note(rows: 1, depth: 100, seconds: 0.5)
    estimator.note(rows: 512, depth: 100, seconds: 4)
    #expect(estimator.expectedSeconds(rows: 1, depth: 100) == 0.5)
    #expect(estimator.expectedSeconds(rows: 2, depth: 100) == 1)
    #expect(estimator.expectedSeconds(rows: 1023, depth: 50) == 4)
    #expect(estimator.expectedSeconds(rows: 1024, depth: 100) == 8)
  }

  @Test("grows with the depth: the last few rows of a long prompt are no hang beside those of a short one")
  func depth() {
    var estimator = StepTimeEstimator()
    estimator.note(rows: 200, depth: 2048, seconds: 0.3)
    #expect(abs(estimator.expectedSeconds(rows: 200, depth: 16_384) - 2.4) < 1e-9)
    #expect(estimator.expectedSeconds(rows: 200, depth: 100) == 0.3)
    for _ in 0..<100 { estimator.note(rows: 200, depth: 16_384, seconds: 2) }
    #expect(abs(estimator.expectedSeconds(rows: 200, depth: 16_384) - 2) < 0.01)
  }

  @Test("grows with what its layers take: six times that is a hang, and not six times what it took on a quiet machine")
  func busyMachine() {
    var step = StepExpectation(seconds: 0.3, layerCount: 15, now: .seconds(5))
    #expect(step.milliseconds == 300)
    step.advance(now: .milliseconds(5010))
    #expect(step.milliseconds == 300)
    step.advance(now: .milliseconds(7010))
    #expect(step.milliseconds == 15_075)
    for layer in 3...20 { step.advance(now: .milliseconds(7010 + layer)) }
    // It took that long, whatever came after.
    #expect(step.milliseconds == 15_075)
    #expect(StepExpectation(seconds: 0, layerCount: 1, now: .zero).milliseconds == 1)
    #expect(StepExpectation(seconds: .infinity, layerCount: 1, now: .zero).milliseconds == 3_600_000)
  }
}
