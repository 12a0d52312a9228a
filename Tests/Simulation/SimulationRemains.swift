import Cluster
import Core
import Scheduling
import Worker

/// What is left to be done or cleaned up at a moment.
struct SimulationRemains {
  let coordinator: SimulatedCoordinator
  let workers: [SimulatedWorker]

  var isOver: Bool {
    coordinator.requests.values.allSatisfy(\.isOver) && (coordinator.scheduler?.isIdle ?? true)
  }

  var left: String {
    let steps = workers.map { "\($0.name) \($0.inHand.map { "computes \($0.plan.step)" } ?? "idle")" }
    return "\(coordinator.scheduler.map { "\($0.counts)" } ?? "no scheduler"), \(steps)"
  }

  var open: [SequenceID] { coordinator.requests.filter { !$0.value.isOver }.keys.sorted() }

  /// Workers that are not members.
  var strays: [String] {
    workers.filter { worker in
      let member = coordinator.control.membership[worker.name]
      return !worker.isAlive || member?.status != .alive || member?.incarnation != worker.link.incarnation
    }.map(\.name)
  }

  /// Stages of the plan that serves which hold sequences.
  var holders: [String] {
    guard coordinator.isServing, let plan = coordinator.control.plan else { return [] }
    let names = plan.stages.map(\.worker)
    return workers.filter { names.contains($0.name) && $0.isAlive && !$0.held.isEmpty }.map(\.name)
  }
}
