/// The open connections, and the one to close at the limit: the connection that has been idle for longest. Connections
/// with a request in progress are never closed for a new one.
struct ConnectionRoster: Sendable {
  struct ID: Hashable, Sendable {
    fileprivate let number: UInt64
  }

  enum Verdict: Hashable, Sendable {
    case accepted
    /// Accepted; the caller closes this idle connection.
    case acceptedReplacing(ID)
    /// All connections are busy: the caller closes the new one.
    case rejected
  }

  let limit: Int
  /// Connections without a request, with the time when they became idle.
  private var idle: [ID: UInt64] = [:]
  /// Connections with requests in progress, with their number.
  private var busy: [ID: Int] = [:]
  private var clock: UInt64 = 0

  /// - Parameter limit: at least 1.
  init(limit: Int) { self.limit = max(1, limit) }

  var count: Int { idle.count + busy.count }

  /// Adds a connection. The roster no longer counts the one to close.
  mutating func open() -> (ID, Verdict) {
    clock += 1
    let id = ID(number: clock)
    guard count >= limit else {
      idle[id] = clock
      return (id, .accepted)
    }
    guard let oldest = idle.min(by: { $0.value < $1.value })?.key else { return (id, .rejected) }
    idle[oldest] = nil
    idle[id] = clock
    return (id, .acceptedReplacing(oldest))
  }

  /// A complete request arrived. Ignored for a connection to close.
  mutating func begin(_ id: ID) {
    if let count = busy[id] {
      busy[id] = count + 1
    } else if idle.removeValue(forKey: id) != nil {
      busy[id] = 1
    }
  }

  /// A request finished.
  mutating func end(_ id: ID) {
    guard let count = busy[id] else { return }
    clock += 1
    if count > 1 {
      busy[id] = count - 1
    } else {
      busy[id] = nil
      idle[id] = clock
    }
  }

  mutating func close(_ id: ID) {
    idle[id] = nil
    busy[id] = nil
  }
}
