import Logging
import NIOCore
import Synchronization

/// All connections of a server, kept to a number. Any thread.
final class OpenConnections: Sendable {
  private struct State {
    var roster: ConnectionRoster
    var channels: [ConnectionRoster.ID: any Channel] = [:]
    var closedForOthers = 0
    var nextTold = 1
  }

  private let state: Mutex<State>
  private let logger: Logger

  init(limit: Int, logger: Logger) {
    state = Mutex(State(roster: ConnectionRoster(limit: limit)))
    self.logger = logger
  }

  /// Takes a newcomer in, and closes another one, or it, when there are too many.
  func open(_ channel: any Channel) -> ConnectionRoster.ID {
    let (id, excess, told) = state.withLock { state -> (ConnectionRoster.ID, (any Channel)?, Int?) in
      let (id, verdict) = state.roster.open()
      let excess: (any Channel)?
      switch verdict {
      case .welcome: excess = nil
      case .instead(let other): excess = state.channels.removeValue(forKey: other)
      case .refused: excess = channel
      }
      if verdict != .refused { state.channels[id] = channel }
      guard excess != nil else { return (id, nil, nil) }
      state.closedForOthers += 1
      // A flood is told of at its first, second, fourth connection and so on.
      guard state.closedForOthers >= state.nextTold else { return (id, excess, nil) }
      state.nextTold *= 2
      return (id, excess, state.closedForOthers)
    }
    if let told {
      logger.warning(
        "too many http connections", metadata: ["limit": "\(limit)", "closed": "\(told)"])
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
