import Synchronization

/// Whether the client of a request is still connected, and what is to be given up when it leaves.
///
/// The HTTP library's own helper for this reads the request's body stream to its end while the answer is
/// made; it stops the process when the body was read before, and uses the connection up. The connection's
/// closing says the same.
final class ClientPresence: Sendable {
  private struct State {
    var hasLeft = false
    var actions: [@Sendable () -> Void] = []
  }

  private let state = Mutex(State())

  /// Runs `action` when the client leaves, or at once when it has left. Actions do not block.
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

  /// Runs `work` and cancels it when the client leaves, or when the caller is cancelled.
  func cancelling<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    let task = Task { try await work() }
    onLeaving { task.cancel() }
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }
}
