import Testing

@testable import Worker

@Suite("Turns between steps")
struct IdleTurnsTests {
  @Test("the first step waits for none; each other for as long as the last one took")
  func turns() {
    var turns = IdleTurns()
    #expect(turns.beforeStep == nil)
    turns.note(.milliseconds(110))
    #expect(turns.beforeStep == .milliseconds(110))
    turns.note(.milliseconds(14))
    #expect(turns.beforeStep == .milliseconds(14))
  }

  @Test("a step that comes while the stage is idle waits for less than a cluster calls a stall")
  func idle() {
    #expect(IdleTurns.idleTurn < .milliseconds(100) && IdleTurns.idleSeconds > 0)
  }
}
