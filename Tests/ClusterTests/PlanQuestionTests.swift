import Core
import Testing

@testable import Cluster

@Suite("Plans are searched elsewhere, and only when something has changed")
struct PlanQuestionTests {
  private static let planner = PlannerCase.planner(layers: [1000, 1000])

  private static func worker(_ name: String, memory: Int = 1 << 30) -> WorkerResources {
    WorkerResources(name: name, memoryByteCount: memory, threadCount: 1, relativeSpeed: 1)
  }

  private static func control(workers: Int) -> ClusterControl {
    ClusterControl(
      settings: ClusterSettings(neededWorkerCount: workers), planner: planner, firstEpoch: PlanEpoch(7), now: .zero)
  }

  private static func questions(_ actions: [ClusterAction]) -> [PlanQuestion] {
    actions.compactMap { if case .plan(let question) = $0 { question } else { nil } }
  }

  private static func workers(_ actions: [ClusterAction]) -> [String]? {
    for case .assign(let plan, _) in actions { return plan.stages.map(\.worker) }
    return nil
  }

  /// Lets the named workers send heartbeats and time pass, in steps of 100 ms. Returns all actions.
  private static func pass(
    _ control: inout ClusterControl, _ workers: [String], from start: Int, until end: Int, isIdle: Bool = false
  ) -> [ClusterAction] {
    stride(from: start, through: end, by: 100).flatMap { millisecond in
      let now = Duration.milliseconds(millisecond)
      for worker in workers {
        _ = control.event(.heartbeat(worker: worker, incarnation: 1, HeartbeatStatus(progress: 1)), now: now)
      }
      return control.event(.tick(ClusterLoad(isIdle: isIdle, lastStep: nil)), now: now)
    }
  }

  /// A cluster that serves over the workers, at time 0.
  private static func serving(_ names: [String]) throws -> ClusterControl {
    var control = control(workers: names.count)
    var actions: [ClusterAction] = []
    for name in names { actions += try control.register(worker(name), incarnation: 1, now: .zero) }
    let question = try #require(questions(actions).last)
    _ = control.event(.planned(question.answer()), now: .zero)
    for name in names { _ = control.event(.stageReady(worker: name, control.epoch), now: .zero) }
    #expect(control.phase == .serving)
    return control
  }

  @Test("A question waits for its answer; an answer to another question is dropped")
  func stale() throws {
    var control = Self.control(workers: 1)
    let first = try #require(Self.questions(try control.register(Self.worker("a"), incarnation: 1, now: .zero)).first)
    #expect(Self.questions(Self.pass(&control, ["a"], from: 0, until: 1000)) == [], "it is asked once")
    #expect(control.plan == nil)
    // The worker leaves before the answer, and another joins.
    _ = control.event(.linkBroke(worker: "a"), now: .seconds(1))
    #expect(control.event(.planned(first.answer()), now: .seconds(1)) == [])
    let second = try #require(
      Self.questions(try control.register(Self.worker("b"), incarnation: 1, now: .seconds(1))).first)
    #expect(second.version > first.version)
    #expect(control.event(.planned(first.answer()), now: .seconds(1)) == [])
    #expect(Self.workers(control.event(.planned(second.answer()), now: .seconds(1))) == ["b"])
    #expect(control.event(.planned(second.answer()), now: .seconds(1)) == [], "an answer is taken once")
  }

  @Test("While no plan fits, none is searched again until a worker joins")
  func unchanged() throws {
    var control = try Self.serving(["a"])
    _ = try control.register(Self.worker("small", memory: 1), incarnation: 1, now: .zero)
    var asked = Self.questions(control.event(.linkBroke(worker: "a"), now: .seconds(1)))
    asked += Self.questions(Self.pass(&control, ["small"], from: 1000, until: 2000))
    #expect(asked.count == 1)
    let answer = try #require(asked.first).answer()
    #expect(control.event(.planned(answer), now: .seconds(2)).count == 1, "a note")
    #expect(Self.questions(Self.pass(&control, ["small"], from: 2000, until: 60_000)) == [])
    let joined = try control.register(Self.worker("b"), incarnation: 1, now: .seconds(60))
    let next = try #require(Self.questions(joined).first)
    #expect(Self.workers(control.event(.planned(next.answer()), now: .seconds(60))) == ["b"])
  }

  @Test("A plan without a draining worker is searched while the old one serves, which ends only when there is one")
  func drain() throws {
    var control = try Self.serving(["a", "b"])
    let asked = Self.questions(control.event(.drain(worker: "a"), now: .seconds(1)))
    let question = try #require(asked.first)
    // Idle as it is, it does not let the worker go before the answer.
    #expect(Self.pass(&control, ["a", "b"], from: 1000, until: 2000, isIdle: true) == [])
    #expect(control.phase == .serving)
    let actions = control.event(.planned(question.answer()), now: .seconds(2))
    #expect(actions.first == .interrupt(.unrelated, reason: "layers are moved off a draining worker"))
    #expect(Self.workers(actions) == ["b"])
  }

  @Test("A drain for which no plan is found disturbs no request, is searched once, and ends when the cluster is idle")
  func drainWithoutPlan() throws {
    var control = try Self.serving(["a"])
    _ = try control.register(Self.worker("small", memory: 1), incarnation: 1, now: .zero)
    let question = try #require(Self.questions(control.event(.drain(worker: "a"), now: .seconds(1))).first)
    #expect(control.event(.planned(question.answer()), now: .seconds(1)) == [])
    #expect(Self.pass(&control, ["a", "small"], from: 1000, until: 5000) == [])
    #expect(control.phase == .serving)
    let actions = Self.pass(&control, ["a", "small"], from: 5000, until: 5000, isIdle: true)
    #expect(actions.contains(.dismiss(worker: "a", reason: "it was drained")))
  }

  @Test("A standby of another speed takes the lost stage, and the others keep their layers")
  func standby() throws {
    var control = ClusterControl(
      settings: ClusterSettings(neededWorkerCount: 2),
      planner: PlannerCase.planner(layers: Array(repeating: 1_000_000, count: 12)), firstEpoch: PlanEpoch(7), now: .zero
    )
    func layers(_ actions: [ClusterAction]) -> [Int]? {
      for case .assign(let plan, _) in actions { return plan.stages.map(\.layers.count) }
      return nil
    }
    _ = try control.register(Self.worker("a"), incarnation: 1, now: .zero)
    let question = try #require(
      Self.questions(try control.register(Self.worker("b"), incarnation: 1, now: .zero)).last)
    #expect(layers(control.event(.planned(question.answer()), now: .zero)) == [6, 6])
    for name in ["a", "b"] { _ = control.event(.stageReady(worker: name, control.epoch), now: .zero) }
    var faster = Self.worker("c")
    faster.offer.speed = StageSpeed(prefill: 1.2, decode: 1.2)
    _ = try control.register(faster, incarnation: 1, now: .zero)
    let next = try #require(Self.questions(control.event(.linkBroke(worker: "b"), now: .seconds(1))).last)
    let actions = control.event(.planned(next.answer()), now: .seconds(1))
    #expect(Self.workers(actions) == ["a", "c"] && layers(actions) == [6, 6])
  }

  @Test("A plan over more workers is searched while the smaller one serves")
  func growth() throws {
    var control = try Self.serving(["a", "b"])
    _ = control.event(.linkBroke(worker: "b"), now: .zero)
    let alone = try #require(Self.questions(Self.pass(&control, ["a"], from: 0, until: 1000)).last)
    _ = control.event(.planned(alone.answer()), now: .seconds(1))
    _ = control.event(.stageReady(worker: "a", control.epoch), now: .seconds(1))
    _ = try control.register(Self.worker("c"), incarnation: 1, now: .seconds(1))
    let asked = Self.questions(Self.pass(&control, ["a", "c"], from: 1000, until: 2000, isIdle: true))
    #expect(asked.count == 1)
    #expect(control.phase == .serving)
    let actions = control.event(.planned(try #require(asked.first).answer()), now: .seconds(2))
    #expect(Self.workers(actions) == ["a", "c"])
  }
}
