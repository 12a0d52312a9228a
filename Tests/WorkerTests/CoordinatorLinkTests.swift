import Testing

@testable import Worker

@Suite("What a worker does about its coordinator")
struct CoordinatorLinkTests {
  /// A link with a clock turned by hand.
  private final class Bench {
    var link = CoordinatorLink(incarnation: 100, reconnectTimeout: .seconds(600), now: .zero)
    var now = Duration.zero
    /// Layers that the compute thread has computed.
    var progress: UInt64 = 0

    func event(_ event: CoordinatorLink.Event) -> [CoordinatorLink.Action] { link.event(event, now: now) }
    func pass(_ seconds: Int) -> [CoordinatorLink.Action] {
      now += .seconds(seconds)
      return event(.tick(progress: progress))
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

  /// Joined, then counted out with a step in hand.
  private func countedOutInStep() -> Bench {
    let bench = Bench()
    _ = bench.event(.connected)
    _ = bench.event(.welcome)
    #expect(bench.event(.rejoin("silent")) == [.forgetSequences])
    return bench
  }

  @Test("answers to heartbeats that were under way do not end a worker that waits for a long step")
  func longStep() {
    let bench = countedOutInStep()
    for _ in 0..<29 {
      #expect(bench.event(.rejoin("does not know you")).isEmpty)
      #expect(bench.pass(2).isEmpty)
    }
    #expect(bench.event(.settled) == [.register(incarnation: 102)])
    // From here on it has asked, and is refused.
    #expect(bench.event(.rejoin("taken")).isEmpty)
    #expect(bench.pass(3) == [.register(incarnation: 103)])
    #expect(bench.event(.welcome) == [.joined])
  }

  @Test("a step that is longer than any patience is waited for while layers go by, and a minute when none does")
  func layersGoBy() {
    let bench = countedOutInStep()
    for _ in 0..<20 {
      bench.progress += 1
      #expect(bench.pass(59).isEmpty)
    }
    #expect(bench.pass(60) == [.leave(.hung)])
  }

  @Test("silence does not count while it has asked nothing: it hears out its coordinator after the step")
  func silenceInStep() {
    let bench = countedOutInStep()
    for _ in 0..<20 {
      bench.progress += 1
      #expect(bench.pass(50).isEmpty)
    }
    #expect(bench.event(.settled) == [.register(incarnation: 102)])
    #expect(bench.pass(599).isEmpty)
    #expect(bench.pass(1) == [.leave(.lost)])
  }

  @Test("a link that breaks in a long step is made again, and what was refused before it broke is over")
  func breaksWhileRefused() {
    let bench = Bench()
    _ = bench.event(.connected)
    #expect(bench.event(.rejoin("taken")).isEmpty)
    #expect(bench.event(.disconnected) == [.forgetSequences])
    bench.now += .seconds(5)
    #expect(bench.event(.connected).isEmpty)
    #expect(bench.event(.settled) == [.register(incarnation: 102)])
    #expect(bench.pass(1).isEmpty)
    #expect(bench.event(.rejoin("taken")).isEmpty)
    #expect(bench.pass(3) == [.register(incarnation: 103)])
  }
}
