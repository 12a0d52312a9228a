import Synchronization

/// Whether the client of a request is still connected, and the work to cancel when it disconnects.
///
/// The HTTP library's helper for this reads the request's body while the response is made; it traps when the body was
/// already read, and makes the connection unusable. The connection's close event needs neither.
final class ClientPresence: Sendable {
  private struct State {
    var hasLeft = false
    var actions: [@Sendable () -> Void] = []
  }

  private let state = Mutex(State())

  /// Runs `action` when the client disconnects, or at once if it has. Actions must not block.
  func onLeaving(_ action: @escaping @Sendable () -> Void) {
    let isTooLate = state.withLock { state in
      if !state.hasLeft { state.actions.append(action) }
      return state.hasLeft
    }
    if isTooLate { action() }
  }

  func leave() {
    let actions = state.withLock { state in
      state.hasLeft = true
      defer { state.actions = [] }
      return state.actions
    }
    for action in actions { action() }
  }

  /// Runs `work` and cancels it when the client disconnects or the caller is canceled.
  func canceling<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    let task = Task { try await work() }
    onLeaving { task.cancel() }
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }
}
