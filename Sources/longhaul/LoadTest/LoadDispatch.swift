/// Which request of a load test is sent when.
struct LoadDispatch: Sendable {
  private var schedule: LoadSchedule
  private let clientCount: Int?
  /// Where clients send one after the other: no more are sent from then on.
  private let end: Duration?
  private var upcoming: PlannedRequest?

  init(_ schedule: LoadSchedule) {
    self.schedule = schedule
    if case .clients(let count) = schedule.arrivals { clientCount = count } else { clientCount = nil }
    end = schedule.lastArrival
    upcoming = self.schedule.next()
  }

  /// Whether all have been sent.
  var isOver: Bool { upcoming == nil }

  /// The request to send now; nil where none is due, or no client is free.
  /// - Parameters:
  ///   - now: since the start of the test.
  ///   - running: requests without an end.
  mutating func next(now: Duration, running: Int) -> PlannedRequest? {
    guard let request = upcoming else { return nil }
    if let clientCount {
      if let end, now > end {
        upcoming = nil
        return nil
      }
      guard running < clientCount else { return nil }
    } else if let due = request.due, due > now {
      return nil
    }
    upcoming = schedule.next()
    return request
  }

  /// Until when nothing is due; nil where that is up to the answers.
  var nextDue: Duration? { upcoming?.due }

  /// Sends no more.
  mutating func stop() { upcoming = nil }
}
