import Core
import Testing

@testable import Cluster

struct PlanRolloutTests {
  /// A rollout with a clock turned by hand; a class, so that expectations may call what changes it.
  private final class Bench {
    var rollout = PlanRollout(epoch: PlanEpoch(3), workers: ["a", "b"], stallLimit: .seconds(30), now: .zero)
    var now: Duration = .zero

    func event(_ event: PlanRollout.Event) -> PlanRollout.Outcome? { rollout.event(event, now: now) }
    var phase: PlanRollout.Phase { rollout.phase }
  }

  @Test("Stages are assigned and loaded, and the cluster is ready")
  func happyEnd() {
    let bench = Bench()
    #expect(bench.phase == .assigning)
    #expect(bench.event(.loadProgress(worker: "b", fraction: 0.5)) == nil)
    #expect(bench.phase == .loading([0, 0.5]))
    #expect(bench.event(.stageReady(worker: "b")) == nil)
    #expect(bench.event(.stageReady(worker: "b")) == nil)
    #expect(bench.phase == .loading([0, 1]))
    #expect(bench.event(.stageReady(worker: "a")) == .becameReady)
    #expect(bench.phase == .ready)
    #expect(bench.event(.tick) == nil)
  }

  @Test("A worker of the plan lost in any phase fails it, naming the worker; others do not matter")
  func lostWorker() {
    let phases: [[PlanRollout.Event]] = [
      [], [.loadProgress(worker: "a", fraction: 0.1)], [.stageReady(worker: "a"), .stageReady(worker: "b")],
    ]
    for events in phases {
      let bench = Bench()
      for event in events { _ = bench.event(event) }
      #expect(bench.event(.workerLost("standby", reason: "worker standby left")) == nil)
      let reason = "worker b broke; it had a stage of epoch 3"
      #expect(bench.event(.workerLost("b", reason: "worker b broke")) == .lost(reason: reason))
      #expect(bench.phase == .failed(reason))
      #expect(bench.event(.workerLost("a", reason: "x")) == nil, "failed once")
      #expect(bench.event(.stageReady(worker: "a")) == nil)
    }
  }

  @Test("A stage that cannot be held fails with its reason")
  func unheld() {
    let bench = Bench()
    #expect(bench.event(.stageFailed(worker: "stranger", reason: "x")) == nil)
    #expect(
      bench.event(.stageFailed(worker: "a", reason: "the file is missing"))
        == .stageFailed(worker: "a", reason: "worker a cannot hold its stage: the file is missing"))
  }

  @Test("Loading may take long but must not stall")
  func stalled() {
    let bench = Bench()
    for step in 1...9 {
      bench.now += .seconds(29)
      for worker in ["a", "b"] {
        _ = bench.event(.loadProgress(worker: worker, fraction: Double(step) / 10))
      }
      #expect(bench.event(.tick) == nil)
    }
    _ = bench.event(.stageReady(worker: "a"))
    bench.now += .seconds(30)
    for fraction in [0.9, 0.2, -1, .nan] { _ = bench.event(.loadProgress(worker: "b", fraction: fraction)) }
    #expect(
      bench.event(.tick)
        == .stageFailed(
          worker: "b", reason: "worker b has made no loading progress for 30.0 seconds (at 90%)"))
  }
}
