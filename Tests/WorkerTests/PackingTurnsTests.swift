import Testing

@testable import Worker

@Suite("Turns in which weights are packed")
struct PackingTurnsTests {
  @Test("the first step waits for none; each other for as long as the last one took")
  func turns() {
    var turns = PackingTurns()
    #expect(turns.beforeStep == nil)
    turns.note(.milliseconds(110))
    #expect(turns.beforeStep == .milliseconds(110))
    turns.note(.milliseconds(14))
    #expect(turns.beforeStep == .milliseconds(14))
  }

  @Test("a step that comes while the stage is idle waits for less than a cluster calls a stall")
  func idle() {
    #expect(PackingTurns.idleTurn < .milliseconds(100) && PackingTurns.idleSeconds > 0)
  }
}
