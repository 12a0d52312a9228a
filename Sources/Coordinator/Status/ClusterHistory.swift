import Cluster
import Core

/// The last events of the cluster that people want to know of. Times are since the engine's start.
struct ClusterHistory: Sendable {
  private static let capacity = 40

  enum Kind: String, Sendable {
    /// A plan is assigned.
    case plan
    /// It serves.
    case serving
    /// A plan has ended, or none can be found.
    case interrupted
    /// A worker is no longer a member.
    case lost
    case note
  }

  struct Event: Sendable {
    let time: Duration
    let kind: Kind
    let text: String
  }

  private(set) var events: [Event] = []

  mutating func note(_ actions: [ClusterAction], now: Duration) {
    for action in actions {
      switch action {
      case .assign(let plan, _):
        let stages = plan.stages.map { "\($0.worker) has layers \($0.layers.lower)–\($0.layers.upper - 1)" }
        add(.plan, "plan: \(stages.joined(separator: ", "))", now)
      case .serve: add(.serving, "all stages are ready", now)
      case .interrupt(_, let reason): add(.interrupted, "the plan is over: \(reason)", now)
      case .giveUp(let reason), .fail(let reason, _): add(.interrupted, reason, now)
      case .evict(let worker, let reason): add(.lost, "\(worker) was evicted: \(reason)", now)
      case .dismiss(let worker, let reason): add(.lost, "\(worker) was dismissed: \(reason)", now)
      case .note(let text): add(.note, text, now)
      case .plan: break
      }
    }
  }

  private mutating func add(_ kind: Kind, _ text: String, _ now: Duration) {
    if events.count == Self.capacity { events.removeFirst() }
    events.append(Event(time: now, kind: kind, text: text))
  }
}
