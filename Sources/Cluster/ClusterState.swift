import Core

/// Where the cluster stands, with the data of that state only.
///
///     gathering   --enough workers--> planning
///     planning    --a plan fits--> rolling out
///     planning    --no plan fits, or the workers changed--> gathering
///     rolling out --every stage is ready--> serving
///     rolling out, serving --a worker of the plan is lost or cannot hold its stage, or steps stall--> gathering
///     serving     --a plan without draining workers, or over more workers, is found--> rolling out
///     any         --no plan can ever serve--> failed (final)
enum ClusterState: Sendable {
  /// Too few workers, or no plan fits them.
  case gathering(Outage)
  /// The owner searches for a plan.
  case planning(Outage, PlanQuestion)
  /// Stages load.
  case rollingOut(ActivePlan, Outage)
  case serving(ServingPlan)
  case failed(reason: String)

  /// Nil while a plan serves, and after a failure.
  var outage: Outage? {
    switch self {
    case .gathering(let outage), .planning(let outage, _), .rollingOut(_, let outage): outage
    case .serving, .failed: nil
    }
  }

  /// The plan that is rolled out or serves.
  var plan: ActivePlan? {
    switch self {
    case .rollingOut(let plan, _): plan
    case .serving(let serving): serving.plan
    case .gathering, .planning, .failed: nil
    }
  }

  var isServing: Bool {
    if case .serving = self { true } else { false }
  }

  /// Changes the outage in place; does nothing in states without one.
  mutating func updateOutage(_ change: (inout Outage) -> Void) {
    guard var outage else { return }
    change(&outage)
    switch self {
    case .gathering: self = .gathering(outage)
    case .planning(_, let question): self = .planning(outage, question)
    case .rollingOut(let plan, _): self = .rollingOut(plan, outage)
    case .serving, .failed: break
    }
  }

  /// Changes the plan in force in place; nil in states without one.
  mutating func updatePlan<Value>(_ change: (inout ActivePlan) -> Value?) -> Value? {
    switch self {
    case .rollingOut(var plan, let outage):
      let value = change(&plan)
      self = .rollingOut(plan, outage)
      return value
    case .serving(var serving):
      let value = change(&serving.plan)
      self = .serving(serving)
      return value
    case .gathering, .planning, .failed: return nil
    }
  }
}

/// A time without a plan that serves.
struct Outage: Sendable {
  /// The loss of the last plan that served; the start before the first one.
  let since: Duration
  /// Why the last plan ended; nil before the first plan.
  var reason: String?
  /// Waiting requests were ended, since the outage took too long.
  var hasGivenUp = false
  /// The last search without a result.
  var refusal: PlanRefusal?
}

/// A plan in force, from its assignment on.
struct ActivePlan: Sendable {
  let layers: LayerPlan
  /// Members that the plan was made over, including those without a stage.
  var offered: Set<String>
  var rollout: PlanRollout
}

struct ServingPlan: Sendable {
  var plan: ActivePlan
  let since: Duration
  /// The search for another plan, while this one serves.
  var replan: Replan?
  /// The last such search without a result.
  var refusal: PlanRefusal?
}

/// A search for a plan to replace the one that serves, and why.
struct Replan: Sendable {
  let question: PlanQuestion
  let reason: String
}

/// No plan fits the workers of a question. The same question is not asked again.
struct PlanRefusal: Sendable {
  let question: PlanQuestion
  let reason: String
}
