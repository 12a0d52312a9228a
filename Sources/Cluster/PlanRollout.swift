package import Core

/// One epoch's way from assigned layers to serving, as a value.
///
///     assigning --a stage reports progress--> loading --all stages ready--> ready
///     any       --a planned worker is lost or fails, or loading stalls--> failed (final)
///
/// The owner begins the next epoch after `failed`.
package struct PlanRollout: Sendable {
  package enum Phase: Hashable, Sendable {
    /// Workers were sent their layers; none has reported.
    case assigning
    /// Share loaded of every stage, 0...1, in pipeline order; 1 is ready.
    case loading([Double])
    case ready
    /// The reason names the worker.
    case failed(String)
  }

  package enum Event: Hashable, Sendable {
    /// Dead or left, and why.
    case workerLost(String, reason: String)
    /// Share of a stage's weights that is loaded.
    case loadProgress(worker: String, fraction: Double)
    case stageReady(worker: String)
    case stageFailed(worker: String, reason: String)
    /// Time has passed.
    case tick
  }

  /// What the owner must act on.
  package enum Outcome: Hashable, Sendable {
    case becameReady
    /// A worker of the plan is no longer a member.
    case lost(reason: String)
    /// A member cannot hold its stage.
    case stageFailed(worker: String, reason: String)
  }

  /// The progress of one stage.
  private struct Stage: Hashable, Sendable {
    let worker: String
    var fraction = 0.0
    var isReady = false
    /// When the stage was assigned, or last made progress.
    var lastChange: Duration
  }

  package let epoch: PlanEpoch
  private let stallLimit: Duration
  private var stages: [Stage]
  private var failure: String?

  /// - Parameters:
  ///   - workers: of every stage, in pipeline order; at least one.
  ///   - stallLimit: how long a stage may load without progress.
  package init(epoch: PlanEpoch, workers: [String], stallLimit: Duration, now: Duration) {
    precondition(!workers.isEmpty, "a plan needs at least one worker")
    self.epoch = epoch
    self.stallLimit = stallLimit
    stages = workers.map { Stage(worker: $0, lastChange: now) }
  }

  package var phase: Phase {
    if let failure { return .failed(failure) }
    if stages.allSatisfy(\.isReady) { return .ready }
    return stages.contains { $0.fraction > 0 || $0.isReady } ? .loading(stages.map(\.fraction)) : .assigning
  }

  /// Handles one event. An event without meaning (of a worker outside the plan, or after the end) does nothing.
  /// - Precondition: the event is of this epoch.
  package mutating func event(_ event: Event, now: Duration) -> Outcome? {
    guard failure == nil else { return nil }
    switch event {
    case .workerLost(let name, let reason):
      guard stage(of: name) != nil else { return nil }
      failure = "\(reason); it had a stage of \(epoch)"
      return failure.map { .lost(reason: $0) }
    case .loadProgress(let name, let fraction):
      guard let index = stage(of: name), fraction > stages[index].fraction else { return nil }
      stages[index].fraction = min(fraction, 1)
      stages[index].lastChange = now
      return nil
    case .stageReady(let name):
      return ready(name)
    case .stageFailed(let name, let reason):
      return stage(of: name) == nil ? nil : fail(name, "worker \(name) cannot hold its stage: \(reason)")
    case .tick:
      return failStalled(now: now)
    }
  }

  private func stage(of worker: String) -> Int? { stages.firstIndex { $0.worker == worker } }

  private mutating func ready(_ worker: String) -> Outcome? {
    guard let index = stage(of: worker), !stages[index].isReady else { return nil }
    stages[index].fraction = 1
    stages[index].isReady = true
    return stages.allSatisfy(\.isReady) ? .becameReady : nil
  }

  private mutating func failStalled(now: Duration) -> Outcome? {
    guard let stalled = stages.first(where: { !$0.isReady && now - $0.lastChange >= stallLimit }) else { return nil }
    let percent = Int(stalled.fraction * 100)
    return fail(
      stalled.worker,
      "worker \(stalled.worker) has made no loading progress for \(stallLimit) (at \(percent)%)")
  }

  private mutating func fail(_ worker: String, _ reason: String) -> Outcome {
    failure = reason
    return .stageFailed(worker: worker, reason: reason)
  }
}
