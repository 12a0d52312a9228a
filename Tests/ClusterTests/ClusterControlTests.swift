import Inference
import Testing

@testable import Cluster

/// Who gets which layers, and what becomes of requests when the cluster has lost what it needs; everything else it
/// decides is simulated.
struct ClusterControlTests {
  private static let planner = PlannerCase.planner(layers: [1000, 1000])
  private static let load = ClusterControl.Event.tick(.init(isIdle: false, lastStep: nil))

  private static func worker(_ name: String, memory: Int = 1 << 30) -> WorkerResources {
    WorkerResources(name: name, memoryByteCount: memory, threadCount: 1, relativeSpeed: 1)
  }

  /// One worker that serves, at time 0.
  private static func serving() throws -> ClusterControl {
    var control = ClusterControl(
      settings: .init(neededWorkerCount: 1), planner: planner, firstEpoch: PlanEpoch(7), now: .zero)
    _ = try control.register(worker("a"), incarnation: 1, now: .zero)
    #expect(control.event(.stageReady(worker: "a", control.epoch), now: .zero) == [.serve])
    return control
  }

  /// When requests are given up after the worker was lost, and why. Time goes by as the owner looks at it.
  private static func givenUp(_ control: inout ClusterControl) -> (after: Duration, reason: String)? {
    _ = control.event(.linkBroke(worker: "a"), now: .zero)
    var found: (Duration, String)?
    for tick in 1...1000 {
      let now = Duration.milliseconds(100 * tick)
      for case .giveUp(let reason) in control.event(load, now: now) {
        #expect(found == nil, "said once")
        found = (now, reason)
      }
    }
    return found
  }

  @Test("Requests wait for workers for a minute, then end with what was lost and what is missing")
  func givesUp() throws {
    var control = try Self.serving()
    #expect(control.takesRequests)
    let end = try #require(Self.givenUp(&control))
    #expect(end.after == .seconds(60))
    #expect(end.reason.contains("the connection to worker a broke"))
    #expect(end.reason.contains("0 of 1 workers are there"))
    #expect(!control.takesRequests)
    // Somebody who comes later is welcome.
    let later = Duration.seconds(200)
    _ = try control.register(Self.worker("b"), incarnation: 9, now: later)
    #expect(control.event(.stageReady(worker: "b", control.epoch), now: later) == [.serve])
    #expect(control.takesRequests)
  }

  @Test("A coordinator that is started again gives workers the layers they had, in whatever order they come")
  func anyOrder() throws {
    for names in [["a", "b"], ["b", "a"]] {
      var control = ClusterControl(
        settings: .init(neededWorkerCount: 2), planner: Self.planner, firstEpoch: PlanEpoch(7), now: .zero)
      for name in names { _ = try control.register(Self.worker(name), incarnation: 1, now: .zero) }
      #expect(control.plan?.stages.map(\.worker) == ["a", "b"])
    }
  }

  @Test("Where workers are there that cannot hold the model, the reason says so")
  func tooSmall() throws {
    var control = try Self.serving()
    _ = try control.register(Self.worker("small", memory: 1), incarnation: 2, now: .zero)
    let reason = try #require(Self.beating(&control, "small", 2))
    #expect(reason.contains("the 1 workers offer 1 bytes"), "\(reason)")
  }

  /// As `givenUp`, with another worker that lives.
  private static func beating(_ control: inout ClusterControl, _ name: String, _ incarnation: UInt64) -> String? {
    _ = control.event(.linkBroke(worker: "a"), now: .zero)
    for tick in 1...1000 {
      let now = Duration.milliseconds(100 * tick)
      _ = control.event(.heartbeat(worker: name, incarnation: incarnation, Vitals(progress: 1)), now: now)
      for case .giveUp(let reason) in control.event(load, now: now) { return reason }
    }
    return nil
  }
}
