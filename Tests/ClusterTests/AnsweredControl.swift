import Core

@testable import Cluster

/// A cluster whose plan questions are answered at once, as if planning took no time.
struct AnsweredControl {
  private(set) var control: ClusterControl
  /// How often a plan was searched.
  private(set) var questionCount = 0

  init(settings: ClusterSettings, planner: LayerPlanner, firstEpoch: PlanEpoch, now: Duration) {
    control = ClusterControl(settings: settings, planner: planner, firstEpoch: firstEpoch, now: now)
  }

  var plan: LayerPlan? { control.plan }
  var links: WorkerLinks { control.links }
  var phase: ClusterPhase { control.phase }
  var epoch: PlanEpoch { control.epoch }
  var takesRequests: Bool { control.takesRequests }

  mutating func register(
    _ worker: WorkerResources, links: [String: WorkerLink] = [:], incarnation: UInt64, now: Duration
  ) throws(RegistrationRefusal) -> [ClusterAction] {
    answered(try control.register(worker, links: links, incarnation: incarnation, now: now), now: now)
  }

  mutating func event(_ event: ClusterEvent, now: Duration) -> [ClusterAction] {
    answered(control.event(event, now: now), now: now)
  }

  /// The actions, with what follows from its answer in the place of each question.
  private mutating func answered(_ actions: [ClusterAction], now: Duration) -> [ClusterAction] {
    actions.flatMap { action in
      guard case .plan(let question) = action else { return [action] }
      questionCount += 1
      return answered(control.event(.planned(question.answer()), now: now), now: now)
    }
  }
}
