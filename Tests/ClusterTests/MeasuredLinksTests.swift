import Core
import Testing

@testable import Cluster

@Suite("Links that workers measured, in plans of a running cluster")
struct MeasuredLinksTests {
  private static let slow = WorkerLink(bytesPerSecond: 1e6, roundTripSeconds: 0.02)
  private static let quick = WorkerLink(bytesPerSecond: 1e9, roundTripSeconds: 0.0002)

  private static func worker(_ name: String) -> WorkerResources {
    WorkerResources(name: name, memoryByteCount: 1 << 40, threadCount: 1, relativeSpeed: 1)
  }

  private static func control(workers: Int) -> AnsweredControl {
    AnsweredControl(
      settings: ClusterSettings(neededWorkerCount: workers),
      planner: PlannerCase.planner(
        layers: Array(repeating: 1_000_000, count: 12), context: 4096,
        workload: Workload(promptTokenCount: 2000, answerTokenCount: 200, sequenceCount: 1)),
      firstEpoch: PlanEpoch(7), now: .zero)
  }

  /// Of three workers, of which the first two have a slow link.
  private static let links: [String: [String: WorkerLink]] = ["a": ["b": slow, "c": quick], "b": ["c": quick]]

  @Test("the first plan takes the order that suits them")
  func first() throws {
    var control = Self.control(workers: 3)
    for name in ["a", "b", "c"] {
      _ = try control.register(Self.worker(name), links: Self.links[name] ?? [:], incarnation: 1, now: .zero)
    }
    let order = try #require(control.plan).stages.map(\.worker)
    #expect(order == ["a", "c", "b"] || order == ["b", "c", "a"])
  }

  @Test("where one of them is unknown, the order is that of the names")
  func unknown() throws {
    var control = Self.control(workers: 3)
    for name in ["a", "b", "c"] {
      let links = name == "a" ? ["b": Self.slow] : Self.links[name] ?? [:]
      _ = try control.register(Self.worker(name), links: links, incarnation: 1, now: .zero)
    }
    #expect(control.plan?.stages.map(\.worker) == ["a", "b", "c"])
  }

  @Test("what is measured while a plan serves moves no layers, and is known")
  func later() throws {
    var control = Self.control(workers: 3)
    for name in ["a", "b", "c"] { _ = try control.register(Self.worker(name), incarnation: 1, now: .zero) }
    for name in ["a", "b", "c"] { _ = control.event(.stageReady(worker: name, control.epoch), now: .zero) }
    let plan = control.plan
    for (worker, links) in Self.links {
      for (peer, link) in links {
        #expect(control.event(.linkMeasured(worker: worker, peer: peer, link), now: .zero).isEmpty)
      }
    }
    _ = control.event(.linkMeasured(worker: "a", peer: "stranger", Self.quick), now: .zero)
    #expect(control.plan == plan)
    #expect(control.links["b", "a"] == Self.slow && control.links["c", "b"] == Self.quick)
    #expect(control.links["a", "stranger"] == .unknown)
    // A worker returns: the others keep their places.
    _ = control.event(.linkBroke(worker: "b"), now: .seconds(1))
    _ = try control.register(Self.worker("b"), links: ["c": Self.quick], incarnation: 2, now: .seconds(1))
    #expect(control.plan?.stages.map(\.worker) == ["a", "b", "c"])
  }
}
