import Testing

@testable import Worker

@Suite("What a worker does about its coordinator")
struct CoordinatorLinkTests {
  /// A link with a clock turned by hand.
  private final class Bench {
    var link = CoordinatorLink(incarnation: 100, reconnectTimeout: .seconds(600), now: .zero)
    var now = Duration.zero

    func event(_ event: CoordinatorLink.Event) -> [CoordinatorLink.Action] { link.event(event, now: now) }
    func pass(_ seconds: Int) -> [CoordinatorLink.Action] {
      now += .seconds(seconds)
      return event(.tick)
    }
  }

  @Test("it registers when the link is made, and stays through silence that is not too long")
  func joins() {
    let bench = Bench()
    #expect(bench.event(.connected) == [.register(incarnation: 101)])
    #expect(!bench.link.isJoined)
    #expect(bench.event(.welcome) == [.joined])
    #expect(bench.event(.welcome).isEmpty, "heartbeats are answered the same way")
    #expect(bench.pass(599).isEmpty)
    #expect(bench.event(.heard).isEmpty)
    #expect(bench.pass(599).isEmpty)
    #expect(bench.pass(1) == [.leave(.lost)])
  }

  @Test("a coordinator that never answers is waited for ten seconds")
  func unreachable() {
    let bench = Bench()
    #expect(bench.pass(9).isEmpty)
    #expect(bench.pass(1) == [.leave(.unreachable)])
  }

  @Test("when the link breaks it forgets, and comes back as somebody else once the compute thread is free")
  func comesBack() {
    let bench = Bench()
    _ = bench.event(.connected)
    _ = bench.event(.welcome)
    #expect(bench.event(.disconnected) == [.forgetSequences])
    #expect(bench.event(.disconnected).isEmpty)
    #expect(!bench.link.isJoined, "what is still read of that connection assigns nothing")
    #expect(bench.event(.connected).isEmpty, "a step is still in hand")
    #expect(!bench.link.isJoined)
    #expect(bench.event(.settled) == [.register(incarnation: 102)])
    #expect(bench.event(.settled).isEmpty)
    #expect(bench.event(.welcome) == [.joined])
  }

  @Test("counted out it registers anew; a compute thread that never comes back ends the worker")
  func countedOut() {
    let bench = Bench()
    _ = bench.event(.connected)
    _ = bench.event(.welcome)
    #expect(bench.event(.rejoin("silent")) == [.forgetSequences])
    #expect(!bench.link.isJoined)
    #expect(bench.event(.settled) == [.register(incarnation: 102)])
    #expect(bench.event(.welcome) == [.joined])
    #expect(bench.event(.rejoin("silent")) == [.forgetSequences])
    _ = bench.pass(59)
    #expect(bench.pass(1) == [.leave(.hung)])
  }

  @Test("a name that is taken is asked for again for a while, since a predecessor may not be found dead yet")
  func takenName() {
    let bench = Bench()
    _ = bench.event(.connected)
    #expect(bench.event(.rejoin("taken")).isEmpty)
    #expect(bench.pass(1) == [.register(incarnation: 102)])
    #expect(bench.event(.rejoin("taken")).isEmpty)
    #expect(bench.pass(3) == [.leave(.refused("taken"))])
    #expect(bench.event(.refused("other model")) == [.leave(.refused("other model"))])
  }
}
