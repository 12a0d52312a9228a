import Core
import Fixtures
import Testing

@testable import Cluster

struct MembershipTests {
  /// A membership with a clock turned by hand; a class, so that expectations may call what changes it.
  private final class Bench {
    var membership = Membership(
      timeouts: Membership.Timeouts(suspectAfter: .seconds(2), deadAfter: .seconds(5)))
    var now: Duration = .zero

    func join(_ name: String, _ incarnation: UInt64 = 1) throws -> [MembershipEvent] {
      try membership.register(name: name, incarnation: incarnation, now: now)
    }
    func beat(
      _ name: String, _ incarnation: UInt64 = 1, progress: UInt64 = 0, step: Duration? = nil
    ) -> [MembershipEvent] {
      membership.heartbeat(
        name: name, incarnation: incarnation, status: HeartbeatStatus(progress: progress, expectedStep: step), now: now)
    }
    /// Time goes by in half seconds, as the owner looks at it.
    func pass(_ seconds: Int) -> [MembershipEvent] {
      (0..<seconds * 2).flatMap { _ in
        now += .milliseconds(500)
        return membership.tick(now: now)
      }
    }
    func status(_ name: String) -> WorkerStatus? { membership[name]?.status }
  }

  @Test("Silence makes a worker suspect, then dead; a heartbeat in between recovers it")
  func silence() throws {
    let bench = Bench()
    #expect(try bench.join("a") == [.joined("a")])
    #expect(bench.pass(1).isEmpty)
    #expect(bench.pass(1) == [.suspect("a", silence: .seconds(2))])
    #expect(bench.pass(1).isEmpty, "reported once")
    #expect(bench.beat("a") == [.recovered("a")])
    #expect(bench.status("a") == .alive)
    #expect(bench.pass(4) == [.suspect("a", silence: .seconds(2))])
    #expect(bench.pass(1).count == 1)
    #expect(bench.status("a") == .dead)
    #expect(bench.pass(100).isEmpty)
    #expect(bench.beat("a").isEmpty, "a heartbeat does not raise the dead")
    #expect(bench.status("a") == .dead)
  }

  @Test("A pause of the coordinator counts against no worker; silence after it does")
  func ownPause() throws {
    let bench = Bench()
    _ = try bench.join("a")
    #expect(bench.membership.tick(now: bench.now).isEmpty)
    bench.now += .seconds(60)
    #expect(bench.membership.tick(now: bench.now).isEmpty)
    let events = bench.pass(10)
    #expect(events.count == 2)
    guard case .dead("a", let reason) = events.last else {
      Issue.record("not dead: \(events)")
      return
    }
    #expect(reason.contains("worker a"))
  }

  @Test("A worker whose step stalls is dead; six times its usual time, and two seconds, are allowed")
  func hung() throws {
    let bench = Bench()
    _ = try bench.join("a")
    func seconds(step: Duration, progress: UInt64) -> Int {
      for second in 1...60 {
        _ = bench.beat("a", bench.membership["a"]?.incarnation ?? 0, progress: progress, step: step)
        if !bench.pass(1).isEmpty { return second }
      }
      return 0
    }
    for _ in 0..<9 {
      _ = bench.beat("a", progress: 1)
      #expect(bench.pass(1).isEmpty, "an idle worker need not get on")
    }
    #expect(seconds(step: .milliseconds(1), progress: 2) == 2)
    _ = try bench.join("a", 2)
    #expect(seconds(step: .seconds(1), progress: 3) == 6)
    _ = try bench.join("a", 3)
    for progress in 4..<20 {
      _ = bench.beat("a", 3, progress: UInt64(progress), step: .milliseconds(1))
      #expect(bench.pass(1).isEmpty, "progress is life")
    }
  }

  @Test("A stalled step is found in time, although heartbeats report it late")
  func hungInTime() throws {
    let timeouts = ClusterSettings(neededWorkerCount: 1).timeouts
    // Reported once a heartbeat, and checked once a heartbeat, at the worst moments.
    let beat = Duration.milliseconds(100)
    for step in [Duration.milliseconds(1), .milliseconds(300), .milliseconds(400), .seconds(3)] {
      var membership = Membership(timeouts: timeouts)
      _ = try membership.register(name: "a", incarnation: 1, now: .zero)
      var now = Duration.zero
      while membership["a"]?.status == .alive, now < .seconds(60) {
        now += beat
        let status = HeartbeatStatus(progress: 1, expectedStep: step)
        _ = membership.heartbeat(name: "a", incarnation: 1, status: status, now: now - .milliseconds(1))
        _ = membership.tick(now: now)
      }
      // It has stalled since just after the first report.
      #expect(now <= max(.seconds(2), step * 6), "\(step): \(now)")
      #expect(now > max(.seconds(2), step * 6) - .milliseconds(400), "\(step): \(now)")
    }
  }

  @Test("A name belongs to one living worker; after its death another incarnation may take it, in the same place")
  func names() throws {
    let bench = Bench()
    _ = try bench.join("a")
    _ = try bench.join("b")
    #expect(throws: RegistrationRefusal.duplicateName("a")) { try bench.join("a", 2) }
    _ = bench.pass(2)
    #expect(try bench.join("a", 2).last == .joined("a"), "a silent predecessor is replaced")
    #expect(try bench.join("b").isEmpty == false)
    #expect(bench.membership.disconnected(name: "a").count == 1)
    #expect(try bench.join("a", 1) == [.joined("a")])
    #expect(try bench.join("a").isEmpty, "the same process again is only a sign of life")
    #expect(bench.membership.disconnected(name: "a").count == 1)
    #expect(bench.status("a") == .dead)
    #expect(throws: RegistrationRefusal.declaredDead("a")) { try bench.join("a") }
    #expect(try bench.join("a", 2) == [.joined("a")])
    #expect(bench.membership.members.map(\.name) == ["a", "b"])
    #expect(bench.beat("a", 1).isEmpty)
    _ = bench.pass(2)
    #expect(bench.beat("a", 1).isEmpty, "the old process does not keep the new one alive")
    #expect(bench.status("a") == .suspect)
  }

  @Test("Draining workers get no layers and may still die; leaving is forgotten at once")
  func drainAndLeave() throws {
    let bench = Bench()
    _ = try bench.join("a")
    _ = try bench.join("b")
    #expect(bench.membership.drain(name: "a") == [.draining("a")])
    #expect(bench.membership.drain(name: "a").isEmpty)
    #expect(bench.beat("a").isEmpty)
    #expect(bench.status("a") == .draining)
    #expect(bench.membership.left(name: "b") == [.left("b")])
    #expect(bench.status("b") == nil)
    #expect(bench.membership.left(name: "b").isEmpty)
    #expect(bench.pass(5).count == 1)
    #expect(bench.status("a") == .dead)
    #expect(try bench.join("b", 7) == [.joined("b")])
  }

  @Test("Progress is remembered with the time it last changed")
  func progress() throws {
    let bench = Bench()
    _ = try bench.join("a")
    bench.now = .seconds(1)
    _ = bench.beat("a", progress: 5)
    bench.now = .seconds(2)
    _ = bench.beat("a", progress: 5)
    #expect(bench.membership["a"]?.progress == 5)
    #expect(bench.membership["a"]?.lastProgress == .seconds(1))
    #expect(bench.membership["a"]?.lastHeard == .seconds(2))
  }

  @Test("Names and numbers of workers are bounded, the dead too")
  func bounds() throws {
    let bench = Bench()
    for name in ["", "a\nb", "\u{7F}", String(repeating: "x", count: 129)] {
      #expect(throws: RegistrationRefusal.badName) { try bench.join(name) }
    }
    for index in 0..<64 { _ = try bench.join("w\(index)") }
    #expect(throws: RegistrationRefusal.tooManyWorkers(limit: 64)) { try bench.join("late") }
    for round in 1...5 {
      _ = bench.pass(10)
      for index in 0..<64 { _ = try bench.join("r\(round)-\(index)") }
    }
    #expect(bench.membership.members.count <= 128)
    #expect(bench.membership.members.count { $0.status == .alive } == 64)
  }

  @Test("Another protocol or other arithmetic is refused with both versions and the remedy")
  func compatibility() throws {
    let ours = Compatibility(protocolVersion: 2, numericsID: "n1", build: "1.1")
    #expect(
      ours.refusal(of: Compatibility(protocolVersion: 2, numericsID: "n1", build: "1.2"), worker: "a") == nil)
    let version = ours.refusal(
      of: Compatibility(protocolVersion: 1, numericsID: "n1", build: "1.0"), worker: "a")
    #expect(
      version?.description
        == "worker a speaks protocol 1 (build 1.0) and the coordinator 2 (build 1.1); "
        + "install the same version on both"
    )
    let numerics = ours.refusal(
      of: Compatibility(protocolVersion: 2, numericsID: "n0", build: "1.0"), worker: "a")
    #expect(numerics?.description.contains("n0 (build 1.0) and this cluster with n1 (build 1.1)") == true)
  }

  @Test("A device without the cluster's arithmetic of attention is refused by name")
  func unsupportedAttention() {
    var offer = StageOffer.sample()
    offer.attentions = [.exact]
    #expect(offer.refusal(of: .exact, worker: "a") == nil)
    let refusal = offer.refusal(of: .fast, worker: "a")
    #expect(
      refusal?.description == "the device of worker a, sample, has no fast attention; leave --attention out or "
        + "start that worker on another device")
    offer.attentions.insert(.fast)
    #expect(offer.refusal(of: .fast, worker: "a") == nil)
  }

  @Test("A worker that does not know of RoPE's scaling is refused by name where a model's is replaced")
  func unsupportedRope() {
    var offer = StageOffer.sample()
    #expect(offer.refusal(of: .linear(factor: 4), worker: "a") == nil)
    offer.scalesRope = false
    #expect(offer.refusal(of: nil, worker: "a") == nil)
    #expect(
      offer.refusal(of: .yarn(factor: 4, originalLength: 8192), worker: "a")?.description
        == "worker a cannot replace a model's RoPE scaling, which is to be 'yarn:4:8192'; install this version there "
        + "or leave --rope-scaling out")
  }

  @Test("A device that cannot store the cluster's cache is refused with the types that it can")
  func unsupportedCache() {
    var offer = StageOffer.sample()
    #expect(offer.refusal(of: .i16, worker: "a") == nil)
    offer.pageSizes = offer.pageSizes.filter { $0.key == .f16 || $0.key == .q8_0 }
    let refusal = offer.refusal(of: .i16, worker: "a")
    #expect(refusal?.description.contains("cannot store a KV cache of type i16, only f16, q8_0; set --kv-type") == true)
  }
}
