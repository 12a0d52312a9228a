import Core
import Testing

@testable import Coordinator

@Suite("Loading in the log")
struct ProgressThrottleTests {
  @Test("the first report of every worker and plan, then one every five seconds")
  func rare() {
    var news = ProgressThrottle()
    let (first, second) = (PlanEpoch(7), PlanEpoch(8))
    func isTold(_ worker: String, _ epoch: PlanEpoch, _ milliseconds: Int) -> Bool {
      news.isDue(worker, epoch, now: .milliseconds(milliseconds))
    }
    #expect(isTold("a", first, 0))
    #expect(!isTold("a", first, 4_999))
    #expect(isTold("b", first, 4_999))
    #expect(isTold("a", first, 5_000))
    #expect(!isTold("a", first, 9_000))
    #expect(isTold("a", second, 9_001))
    #expect(!isTold("a", second, 9_002))
  }
}
