import Core
import Testing

@testable import Cluster

/// Who gets which layers, and what becomes of requests when the cluster has lost what it needs; everything else it
/// decides is simulated.
struct ClusterControlTests {
  private static let planner = PlannerCase.planner(layers: [1000, 1000])
  private static let load = ClusterEvent.tick(.init(isIdle: false, lastStep: nil))

  private static func worker(_ name: String, memory: Int = 1 << 30) -> WorkerResources {
    WorkerResources(name: name, memoryByteCount: memory, threadCount: 1, relativeSpeed: 1)
  }

  /// One worker that serves, at time 0.
  private static func serving() throws -> AnsweredControl {
    var control = AnsweredControl(
      settings: .init(neededWorkerCount: 1), planner: planner, firstEpoch: PlanEpoch(7), now: .zero)
    _ = try control.register(worker("a"), incarnation: 1, now: .zero)
    #expect(control.event(.stageReady(worker: "a", control.epoch), now: .zero) == [.serve])
    return control
  }

  /// When requests are given up after the worker was lost, and why. Time goes by as the owner looks at it.
  private static func givenUp(_ control: inout AnsweredControl) -> (after: Duration, reason: String)? {
    _ = control.event(.linkBroke(worker: "a"), now: .zero)
    var found: (Duration, String)?
    for tick in 1...1000 {
      let now = Duration.milliseconds(100 * tick)
      for case .giveUp(let reason) in control.event(load, now: now) {
        #expect(found == nil, "reported once")
        found = (now, reason)
      }
    }
    return found
  }

  @Test("Requests wait for workers for a minute, then end with the loss and what is missing")
  func givesUp() throws {
    var control = try Self.serving()
    #expect(control.takesRequests)
    let end = try #require(Self.givenUp(&control))
    #expect(end.after == .seconds(60))
    #expect(end.reason.contains("the connection to worker a broke"))
    #expect(end.reason.contains("0 of 1 workers are present"))
    #expect(!control.takesRequests)
    // Somebody who comes later is welcome.
    let later = Duration.seconds(200)
    _ = try control.register(Self.worker("b"), incarnation: 9, now: later)
    #expect(control.event(.stageReady(worker: "b", control.epoch), now: later) == [.serve])
    #expect(control.takesRequests)
  }

  @Test("A restarted coordinator gives workers the layers they had, in whatever order they register")
  func anyOrder() throws {
    for names in [["a", "b"], ["b", "a"]] {
      var control = AnsweredControl(
        settings: .init(neededWorkerCount: 2), planner: Self.planner, firstEpoch: PlanEpoch(7), now: .zero)
      for name in names { _ = try control.register(Self.worker(name), incarnation: 1, now: .zero) }
      #expect(control.plan?.stages.map(\.worker) == ["a", "b"])
    }
  }

  /// The workers of the plan after each of these has come, at its milliseconds, and the time has gone by.
  private static func plans(
    _ arrivals: [(name: String, loaded: LayerRange?, at: Int)], until end: Int
  ) throws -> [String] {
    var control = AnsweredControl(
      settings: .init(neededWorkerCount: 2), planner: planner, firstEpoch: PlanEpoch(7), now: .zero)
    for millisecond in stride(from: 0, through: end, by: 100) {
      let now = Duration.milliseconds(millisecond)
      for arrival in arrivals where arrival.at <= millisecond {
        if arrival.at == millisecond {
          var worker = worker(arrival.name)
          worker.loadedLayers = arrival.loaded
          _ = try control.register(worker, incarnation: 1, now: now)
        }
        _ = control.event(.heartbeat(worker: arrival.name, incarnation: 1, HeartbeatStatus(progress: 1)), now: now)
      }
      _ = control.event(.tick(.init(isIdle: true, lastStep: nil)), now: now)
    }
    return control.plan?.stages.map(\.worker) ?? []
  }

  @Test("A restarted coordinator gives layers to the workers that have them, and waits for those first")
  func loadedFirst() throws {
    let (low, high) = (LayerRange(lower: 0, upper: 1), LayerRange(lower: 1, upper: 2))
    // A standby that registers first does not take the place of a worker with layers that registers in time, nor does
    // one with layers that others have, too.
    #expect(try Self.plans([("a", nil, 0), ("b", high, 100), ("c", low, 2000)], until: 2000) == ["c", "b"])
    #expect(try Self.plans([("a", low, 0), ("b", low, 100), ("c", high, 2000)], until: 1900) == [])
    #expect(try Self.plans([("a", low, 0), ("b", low, 100), ("c", high, 2000)], until: 2000) == ["a", "c"])
    #expect(try Self.plans([("a", nil, 0), ("b", high, 100)], until: 2500) == [])
    #expect(try Self.plans([("a", nil, 0), ("b", high, 100)], until: 2600) == ["a", "b"])
    // Where no worker has layers, the cluster waits for none.
    #expect(try Self.plans([("a", nil, 0), ("b", nil, 100), ("c", nil, 200)], until: 100) == ["a", "b"])
  }

  @Test("A worker that cannot hold its stage is excluded, and tried again while no other worker can")
  func excluded() throws {
    var control = AnsweredControl(
      settings: .init(neededWorkerCount: 1), planner: Self.planner, firstEpoch: PlanEpoch(7), now: .zero)
    func fail(_ worker: String, now: Duration) -> [ClusterAction] {
      control.event(.stageFailed(worker: worker, control.epoch, reason: "its disk is full"), now: now)
    }
    func planned() -> [String] { control.plan?.stages.map(\.worker) ?? [] }
    func tick(_ now: Duration, _ workers: [String]) {
      for worker in workers {
        _ = control.event(.heartbeat(worker: worker, incarnation: 1, HeartbeatStatus(progress: 1)), now: now)
      }
      _ = control.event(Self.load, now: now)
    }

    _ = try control.register(Self.worker("a"), incarnation: 1, now: .zero)
    #expect(planned() == ["a"])
    #expect(
      fail("a", now: .zero) == [
        .interrupt(.unrelated, reason: "worker a cannot hold its stage: its disk is full")
      ])
    #expect(control.phase == .recovering(reason: "worker a cannot hold its stage: its disk is full"))
    #expect(!control.takesRequests)
    for second in 1..<10 { tick(.seconds(second), ["a"]) }
    #expect(planned() == [])
    tick(.seconds(10), ["a"])
    #expect(planned() == ["a"])

    _ = fail("a", now: .seconds(10))
    _ = try control.register(Self.worker("b"), incarnation: 1, now: .seconds(10))
    #expect(planned() == ["b"])
    #expect(control.event(.stageReady(worker: "b", control.epoch), now: .seconds(10)) == [.serve])
    for second in 11...90 { tick(.seconds(second), ["a", "b"]) }
    #expect(planned() == ["b"], "what serves is not disturbed for it")
    // When that is lost, the other is all there is.
    _ = control.event(.linkBroke(worker: "b"), now: .seconds(91))
    tick(.seconds(91), ["a"])
    #expect(planned() == ["a"])
  }

  @Test("While a needed worker restarts, workers that cannot hold the model alone do not end the cluster")
  func excludedStartsAgain() throws {
    var control = AnsweredControl(
      settings: .init(neededWorkerCount: 1), planner: Self.planner, firstEpoch: PlanEpoch(7), now: .zero)
    _ = try control.register(Self.worker("a"), incarnation: 1, now: .zero)
    _ = try control.register(Self.worker("small", memory: 1), incarnation: 1, now: .zero)
    _ = control.event(.stageFailed(worker: "a", control.epoch, reason: "its disk is full"), now: .zero)
    _ = control.event(.linkBroke(worker: "a"), now: .zero)
    _ = control.event(Self.load, now: .seconds(1))
    #expect(control.phase == .recovering(reason: "worker a cannot hold its stage: its disk is full"))
    _ = try control.register(Self.worker("a"), incarnation: 2, now: .seconds(1))
    #expect(control.plan?.stages.map(\.worker) == ["a"])
  }

  @Test("Where no more workers can join, one that cannot hold its stage ends the cluster")
  func excludedAmongAll() throws {
    var settings = ClusterSettings(neededWorkerCount: 1)
    settings.awaitsOthers = false
    var control = AnsweredControl(settings: settings, planner: Self.planner, firstEpoch: PlanEpoch(7), now: .zero)
    _ = try control.register(Self.worker("a"), incarnation: 1, now: .zero)
    let reason = "worker a cannot hold its stage: no such file"
    #expect(
      control.event(.stageFailed(worker: "a", control.epoch, reason: "no such file"), now: .zero)
        == [.fail(reason: reason, nil)])
    #expect(control.phase == .failed(reason))
  }

  @Test("Where the workers present cannot hold the model, the reason says so")
  func tooSmall() throws {
    var control = try Self.serving()
    _ = try control.register(Self.worker("small", memory: 1), incarnation: 2, now: .zero)
    let reason = try #require(Self.beating(&control, "small", 2))
    #expect(reason.contains("the 1 workers offer 1 bytes"), "\(reason)")
  }

  /// As `givenUp`, with another worker that lives.
  private static func beating(_ control: inout AnsweredControl, _ name: String, _ incarnation: UInt64) -> String? {
    _ = control.event(.linkBroke(worker: "a"), now: .zero)
    for tick in 1...1000 {
      let now = Duration.milliseconds(100 * tick)
      _ = control.event(.heartbeat(worker: name, incarnation: incarnation, HeartbeatStatus(progress: 1)), now: now)
      for case .giveUp(let reason) in control.event(load, now: now) { return reason }
    }
    return nil
  }
}
