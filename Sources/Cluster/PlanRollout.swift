package import Inference

/// One epoch's way from workers joining to serving, as a value.
///
///     waiting  --enough workers; plan made--> assigning
///     assigning --a stage reports progress--> loading     --all stages ready--> ready
///     any but waiting --a planned worker is lost or fails, or loading stands still--> failed (final)
///     waiting  --no plan is possible--> failed (final)
///
/// The owner performs the actions, and starts the next epoch after `failed`.
package struct PlanRollout: Sendable {
  package enum Phase: Hashable, Sendable {
    case waiting(present: Int, needed: Int)
    /// Stages were told their layers; none has answered.
    case assigning
    /// Share loaded of every stage, 0...1, in pipeline order; 1 is ready.
    case loading([Double])
    case ready
    /// A sentence that names the worker.
    case failed(String)
  }

  package enum Event: Hashable, Sendable {
    case workerJoined(String)
    /// Dead or left, with a sentence that says so.
    case workerLost(String, reason: String)
    /// The answer to `makePlan`: the worker of every stage, in pipeline order.
    case planned([String])
    /// The other answer to `makePlan`.
    case planRefused(reason: String)
    /// Share of a stage's weights that is loaded.
    case loadProgress(worker: String, fraction: Double)
    case stageReady(worker: String)
    case stageFailed(worker: String, reason: String)
    /// Time passes; only its `now` matters.
    case tick
  }

  package enum Action: Hashable, Sendable {
    /// Plan the layers over these workers, in the order they joined.
    case makePlan(workers: [String])
    case assign(worker: String, stageIndex: Int)
    case becameReady
    case failed(reason: String)
  }

  /// A stage on its way.
  private struct Stage: Hashable, Sendable {
    let worker: String
    var fraction = 0.0
    var isReady = false
    /// When it was told, or last got on.
    var lastChange: Duration
  }

  package let epoch: PlanEpoch
  private let neededWorkerCount: Int
  private let stallLimit: Duration
  private var present: [String] = []
  private var stages: [Stage] = []
  private var isPlanRequested = false
  private var isServing = false
  private var failure: String?

  /// - Parameters:
  ///   - neededWorkerCount: workers to wait for before planning; at least 1.
  ///   - stallLimit: how long a stage may load without getting on.
  package init(epoch: PlanEpoch, neededWorkerCount: Int, stallLimit: Duration) {
    precondition(neededWorkerCount >= 1, "a plan needs at least one worker")
    self.epoch = epoch
    self.neededWorkerCount = neededWorkerCount
    self.stallLimit = stallLimit
  }

  package var phase: Phase {
    if let failure { return .failed(failure) }
    if isServing { return .ready }
    if stages.isEmpty { return .waiting(present: present.count, needed: neededWorkerCount) }
    return stages.contains { $0.fraction > 0 || $0.isReady } ? .loading(stages.map(\.fraction)) : .assigning
  }

  /// Takes one event and returns what is to be done, in order. Events that have no meaning now (a worker
  /// outside the plan, a report after the end) do nothing. Events of other epochs are not to be passed on.
  package mutating func event(_ event: Event, now: Duration) -> [Action] {
    guard failure == nil else { return [] }
    switch event {
    case .workerJoined(let name):
      if !present.contains(name) { present.append(name) }
      return requestPlan()
    case .workerLost(let name, let reason):
      present.removeAll { $0 == name }
      return stage(of: name) == nil ? [] : fail("\(reason); it had a stage of \(epoch)")
    case .planned(let workers):
      return assign(workers, now: now)
    case .planRefused(let reason):
      return isPlanRequested && stages.isEmpty ? fail(reason) : []
    case .loadProgress(let name, let fraction):
      guard let index = stage(of: name), fraction > stages[index].fraction else { return [] }
      stages[index].fraction = min(fraction, 1)
      stages[index].lastChange = now
      return []
    case .stageReady(let name):
      return ready(name)
    case .stageFailed(let name, let reason):
      return stage(of: name) == nil ? [] : fail("worker \(name) cannot hold its stage: \(reason)")
    case .tick:
      return failStalled(now: now)
    }
  }

  private func stage(of worker: String) -> Int? { stages.firstIndex { $0.worker == worker } }

  private mutating func requestPlan() -> [Action] {
    guard !isPlanRequested, present.count >= neededWorkerCount else { return [] }
    isPlanRequested = true
    return [.makePlan(workers: present)]
  }

  private mutating func assign(_ workers: [String], now: Duration) -> [Action] {
    guard isPlanRequested, stages.isEmpty else { return [] }
    if workers.isEmpty { return fail("the plan of \(epoch) has no stage") }
    if let missing = workers.first(where: { !present.contains($0) }) {
      return fail("worker \(missing) was lost while \(epoch) was planned")
    }
    stages = workers.map { Stage(worker: $0, lastChange: now) }
    // Last stage first: a stage then knows its sender before that sender, told later, knocks.
    return workers.enumerated().reversed().map { .assign(worker: $1, stageIndex: $0) }
  }

  private mutating func ready(_ worker: String) -> [Action] {
    guard let index = stage(of: worker), !stages[index].isReady else { return [] }
    stages[index].fraction = 1
    stages[index].isReady = true
    guard stages.allSatisfy(\.isReady) else { return [] }
    isServing = true
    return [.becameReady]
  }

  private mutating func failStalled(now: Duration) -> [Action] {
    guard !isServing, let stalled = stages.first(where: { !$0.isReady && now - $0.lastChange >= stallLimit })
    else { return [] }
    let percent = Int(stalled.fraction * 100)
    return fail(
      "worker \(stalled.worker) has not got on with loading for \(stallLimit); it stands at \(percent)%")
  }

  private mutating func fail(_ reason: String) -> [Action] {
    failure = reason
    return [.failed(reason: reason)]
  }
}
