import Foundation
import Core
import Transport
import Wire

/// What came over one stage's connections and waits for the loader thread. Bounded for each source by itself: more
/// than was asked of it is dropped.
final class FetchInbox: @unchecked Sendable {
  enum Arrival: Sendable {
    /// Connected again: what was asked before may have been lost.
    case reconnected
    case broke
    /// What the source said, and the bytes it sent with it.
    case message(CoordinatorMessage, Frame?)
  }

  // Safety: touched under the condition's lock only.
  private let condition = NSCondition()
  private var arrivals: [(source: FetchPlan.Source, arrival: Arrival)] = []
  private var connected: Set<FetchPlan.Source> = []
  private var isInterrupted = false
  /// What is under way from one source, and as much again.
  private static let capacity = 32

  func put(_ arrival: Arrival, from source: FetchPlan.Source) {
    condition.withLock {
      guard arrivals.count(where: { $0.source == source }) < Self.capacity else { return }
      arrivals.append((source, arrival))
      condition.signal()
    }
  }

  func noteConnection(of source: FetchPlan.Source) {
    if condition.withLock({ !connected.insert(source).inserted }) { put(.reconnected, from: source) }
  }

  /// Has every `take` return at once from now on.
  func interrupt() {
    condition.withLock {
      isInterrupted = true
      condition.broadcast()
    }
  }

  /// The next arrival, or nil when none comes in time; nil waits without limit.
  func take(within wait: Duration?) -> (source: FetchPlan.Source, arrival: Arrival)? {
    condition.withLock {
      let end = wait.map { Date(timeIntervalSinceNow: $0.inSeconds) } ?? .distantFuture
      while arrivals.isEmpty, !isInterrupted {
        guard condition.wait(until: end) else { break }
      }
      return arrivals.isEmpty ? nil : arrivals.removeFirst()
    }
  }
}
