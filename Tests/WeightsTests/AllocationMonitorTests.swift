import Testing
import Weights

@Suite("How long a start waits for memory")
struct AllocationMonitorTests {
  private static let page = 2 << 20

  @Test("memory at hand is waited for to the end, however much it is")
  func atHand() {
    var pace = AllocationMonitor()
    for _ in 0..<20_000 {
      pace.note(byteCount: Self.page, seconds: 0.0002)
      #expect(!pace.isSlow)
    }
  }

  @Test("memory that the machine has to bring first is noticed after a few pages")
  func brought() {
    var pace = AllocationMonitor()
    var count = 0
    while !pace.isSlow {
      pace.note(byteCount: Self.page, seconds: 0.005)
      count += 1
    }
    #expect(count == 4)
  }

  @Test("a single slow page among quick ones changes nothing")
  func single() {
    var pace = AllocationMonitor()
    pace.note(byteCount: Self.page, seconds: 0.012)
    for _ in 0..<100 { pace.note(byteCount: Self.page, seconds: 0.0002) }
    #expect(!pace.isSlow)
  }

  @Test("memory that turns slow in the middle is noticed, sooner or later by what was saved")
  func mixed() {
    var pace = AllocationMonitor()
    for _ in 0..<100 { pace.note(byteCount: Self.page, seconds: 0.0002) }
    var count = 0
    while !pace.isSlow {
      pace.note(byteCount: Self.page, seconds: 0.005)
      count += 1
    }
    #expect((5...15).contains(count))
  }
}
