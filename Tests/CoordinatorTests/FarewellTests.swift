import Coordinator
import Testing
import Transport

@Suite("Farewell")
struct FarewellTests {
  private let first = PeerID([1])
  private let second = PeerID([2])

  private func farewell(_ peers: Set<PeerID>, mayReturn: Bool = false) -> Farewell {
    Farewell(peers: peers, mayReturn: mayReturn, grace: .milliseconds(300), now: .seconds(5))
  }

  @Test("it is over once every worker has gone, at once when there is none")
  func everybodyHasGone() {
    #expect(farewell([]).isOver(now: .seconds(5)))
    var farewell = farewell([first, second])
    farewell.gone(first)
    #expect(!farewell.isOver(now: .seconds(5)))
    farewell.gone(second)
    #expect(farewell.isOver(now: .seconds(5)))
  }

  @Test("whoever speaks meanwhile is waited for, too")
  func lateComer() {
    var farewell = farewell([first])
    farewell.told(second)
    farewell.gone(first)
    #expect(!farewell.isOver(now: .seconds(5)))
    farewell.gone(second)
    #expect(farewell.isOver(now: .seconds(5)))
  }

  @Test("where a worker may be on its way back the whole grace is waited, and never longer")
  func grace() {
    let returning = farewell([], mayReturn: true)
    #expect(!returning.isOver(now: .milliseconds(5299)))
    #expect(returning.isOver(now: .milliseconds(5300)))
    #expect(farewell([first]).isOver(now: .milliseconds(5300)))
  }

  @Test("asked a second time it waits for nobody")
  func hurried() {
    var farewell = farewell([first], mayReturn: true)
    farewell.hurry()
    #expect(farewell.isOver(now: .seconds(5)))
  }
}
