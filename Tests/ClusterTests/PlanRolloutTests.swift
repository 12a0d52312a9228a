import Inference
import Testing

@testable import Cluster

struct PlanRolloutTests {
  /// A rollout with a clock turned by hand; a class, so that expectations may call what changes it.
  private final class Bench {
    var rollout = PlanRollout(epoch: PlanEpoch(3), neededWorkerCount: 2, stallLimit: .seconds(30))
    var now: Duration = .zero

    func event(_ event: PlanRollout.Event) -> [PlanRollout.Action] { rollout.event(event, now: now) }
    var phase: PlanRollout.Phase { rollout.phase }

    /// As far as assigned stages on a and b.
    func assign() {
      _ = event(.workerJoined("a"))
      _ = event(.workerJoined("b"))
      _ = event(.planned(["a", "b"]))
    }
  }

  @Test("Workers join, stages are assigned and loaded, and the cluster is ready")
  func happyEnd() {
    let bench = Bench()
    #expect(bench.phase == .waiting(present: 0, needed: 2))
    #expect(bench.event(.workerJoined("a")).isEmpty)
    #expect(bench.event(.workerJoined("a")).isEmpty)
    #expect(bench.phase == .waiting(present: 1, needed: 2))
    #expect(bench.event(.workerJoined("b")) == [.makePlan(workers: ["a", "b"])])
    #expect(bench.event(.workerJoined("c")).isEmpty, "one plan an epoch")
    #expect(
      bench.event(.planned(["a", "b"])) == [
        .assign(worker: "b", stageIndex: 1), .assign(worker: "a", stageIndex: 0),
      ])
    #expect(bench.phase == .assigning)
    #expect(bench.event(.loadProgress(worker: "b", fraction: 0.5)).isEmpty)
    #expect(bench.phase == .loading([0, 0.5]))
    #expect(bench.event(.stageReady(worker: "b")).isEmpty)
    #expect(bench.event(.stageReady(worker: "b")).isEmpty)
    #expect(bench.phase == .loading([0, 1]))
    #expect(bench.event(.stageReady(worker: "a")) == [.becameReady])
    #expect(bench.phase == .ready)
    #expect(bench.event(.tick).isEmpty)
  }

  @Test("A worker of the plan lost in any phase fails it, naming the worker; others do not matter")
  func lostWorker() {
    let phases: [[PlanRollout.Event]] = [
      [], [.loadProgress(worker: "a", fraction: 0.1)], [.stageReady(worker: "a"), .stageReady(worker: "b")],
    ]
    for events in phases {
      let bench = Bench()
      bench.assign()
      for event in events { _ = bench.event(event) }
      #expect(bench.event(.workerJoined("spare")).isEmpty)
      #expect(bench.event(.workerLost("spare", reason: "worker spare left")).isEmpty)
      let reason = "worker b broke; it had a stage of epoch 3"
      #expect(bench.event(.workerLost("b", reason: "worker b broke")) == [.failed(reason: reason)])
      #expect(bench.phase == .failed(reason))
      #expect(bench.event(.workerLost("a", reason: "x")).isEmpty, "failed once")
      #expect(bench.event(.stageReady(worker: "a")).isEmpty)
    }
  }

  @Test("A worker lost while waiting is only counted out; lost while the plan was made fails the plan")
  func lostEarly() {
    let bench = Bench()
    _ = bench.event(.workerJoined("a"))
    #expect(bench.event(.workerLost("a", reason: "worker a left")).isEmpty)
    #expect(bench.phase == .waiting(present: 0, needed: 2))
    _ = bench.event(.workerJoined("b"))
    #expect(bench.event(.workerJoined("c")) == [.makePlan(workers: ["b", "c"])])
    #expect(bench.event(.workerLost("c", reason: "worker c left")).isEmpty)
    #expect(
      bench.event(.planned(["b", "c"])) == [.failed(reason: "worker c was lost while epoch 3 was planned")])
  }

  @Test("No possible plan, and a stage that cannot be held, fail with their reasons")
  func refusals() {
    let unplanned = Bench()
    #expect(unplanned.event(.planRefused(reason: "early")).isEmpty)
    _ = unplanned.event(.workerJoined("a"))
    _ = unplanned.event(.workerJoined("b"))
    #expect(
      unplanned.event(.planRefused(reason: "too little memory")) == [.failed(reason: "too little memory")])

    let unheld = Bench()
    unheld.assign()
    #expect(unheld.event(.stageFailed(worker: "stranger", reason: "x")).isEmpty)
    #expect(
      unheld.event(.stageFailed(worker: "a", reason: "the file is missing")) == [
        .failed(reason: "worker a cannot hold its stage: the file is missing")
      ])
  }

  @Test("Loading may take long but not stand still")
  func stalled() {
    let bench = Bench()
    bench.assign()
    for step in 1...9 {
      bench.now += .seconds(29)
      for worker in ["a", "b"] {
        _ = bench.event(.loadProgress(worker: worker, fraction: Double(step) / 10))
      }
      #expect(bench.event(.tick).isEmpty)
    }
    _ = bench.event(.stageReady(worker: "a"))
    bench.now += .seconds(30)
    for fraction in [0.9, 0.2, -1, .nan] { _ = bench.event(.loadProgress(worker: "b", fraction: fraction)) }
    #expect(
      bench.event(.tick) == [
        .failed(reason: "worker b has not got on with loading for 30.0 seconds; it stands at 90%")
      ])
  }
}
