import Logging
import NIOCore
import Synchronization

/// The open connections of a server, within a limit. Any thread.
final class OpenConnections: Sendable {
  private struct State {
    var roster: ConnectionRoster
    var channels: [ConnectionRoster.ID: any Channel] = [:]
    var closedCount = 0
    var nextReported = 1
  }

  private let state: Mutex<State>
  private let logger: Logger

  init(limit: Int, logger: Logger) {
    state = Mutex(State(roster: ConnectionRoster(limit: limit)))
    self.logger = logger
  }

  /// Adds a connection. At the limit, closes an idle one, or the new one.
  func open(_ channel: any Channel) -> ConnectionRoster.ID {
    let (id, excess, reported) = state.withLock { state -> (ConnectionRoster.ID, (any Channel)?, Int?) in
      let (id, verdict) = state.roster.open()
      let excess: (any Channel)?
      switch verdict {
      case .accepted: excess = nil
      case .acceptedReplacing(let other): excess = state.channels.removeValue(forKey: other)
      case .rejected: excess = channel
      }
      if verdict != .rejected { state.channels[id] = channel }
      guard excess != nil else { return (id, nil, nil) }
      state.closedCount += 1
      // Logs the first, second, fourth … closed connection of a flood.
      guard state.closedCount >= state.nextReported else { return (id, excess, nil) }
      state.nextReported *= 2
      return (id, excess, state.closedCount)
    }
    if let reported {
      logger.warning(
        "too many http connections", metadata: ["limit": "\(limit)", "closed": "\(reported)"])
    }
    excess?.close(mode: .all, promise: nil)
    return id
  }

  var limit: Int { state.withLock { $0.roster.limit } }

  func begin(_ id: ConnectionRoster.ID) { state.withLock { $0.roster.begin(id) } }
  func end(_ id: ConnectionRoster.ID) { state.withLock { $0.roster.end(id) } }

  func close(_ id: ConnectionRoster.ID) {
    let channel = state.withLock { state in
      state.roster.close(id)
      return state.channels.removeValue(forKey: id)
    }
    // Released outside the lock.
    _ = channel
  }
}
