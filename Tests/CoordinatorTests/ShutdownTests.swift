import Coordinator
import Testing
import Transport

@Suite("Shutdown")
struct ShutdownTests {
  private let first = PeerID([1])
  private let second = PeerID([2])

  private func shutdown(_ peers: Set<PeerID>, mayReturn: Bool = false) -> Shutdown {
    Shutdown(reason: "the end", peers: peers, mayReturn: mayReturn, grace: .milliseconds(300), now: .seconds(5))
  }

  @Test("it is over once every worker has gone, at once when there is none")
  func everybodyHasGone() {
    #expect(shutdown([]).isOver(now: .seconds(5)))
    var shutdown = shutdown([first, second])
    shutdown.gone(first)
    #expect(!shutdown.isOver(now: .seconds(5)))
    shutdown.gone(second)
    #expect(shutdown.isOver(now: .seconds(5)))
  }

  @Test("it also waits for a worker that sends a message meanwhile")
  func lateComer() {
    var shutdown = shutdown([first])
    shutdown.notified(second)
    shutdown.gone(first)
    #expect(!shutdown.isOver(now: .seconds(5)))
    shutdown.gone(second)
    #expect(shutdown.isOver(now: .seconds(5)))
  }

  @Test("where a worker may return it waits for the whole grace, and never longer")
  func grace() {
    let returning = shutdown([], mayReturn: true)
    #expect(!returning.isOver(now: .milliseconds(5299)))
    #expect(returning.isOver(now: .milliseconds(5300)))
    #expect(shutdown([first]).isOver(now: .milliseconds(5300)))
  }

  @Test("asked a second time it does not wait")
  func hurried() {
    var shutdown = shutdown([first], mayReturn: true)
    shutdown.hurry()
    #expect(shutdown.isOver(now: .seconds(5)))
  }
}
