import Foundation
import ServiceLifecycle

/// Shutdown of `serve`. The first SIGINT or SIGTERM lets running requests finish within a timeout; a second one, or the
/// timeout, ends them with an error. A moment later the process exits, even if a client has not read its error.
enum GracefulShutdown {
  /// Time for clients to read the errors of ended requests.
  private static let errorTimeout = Duration.seconds(1)

  /// Runs the services until they end or the process exits.
  /// - Parameters:
  ///   - drainTimeout: time for running requests to finish after the first signal.
  ///   - onDrain: called at the first signal.
  ///   - endRequests: ends every request with an error; called at most once.
  static func run(
    _ group: ServiceGroup, drainTimeout: Duration, onDrain: @escaping @Sendable () -> Void,
    endRequests: @escaping @Sendable () -> Void
  ) async throws {
    let signals = Interruption.signals()
    // Stop requests: the first drains, the second stops at once.
    let (stops, sink) = AsyncStream<Void>.makeStream()
    let tasks = [
      Task { for await _ in signals { sink.yield() } },
      Task {
        var stop = stops.makeAsyncIterator()
        guard await stop.next() != nil else { return }
        onDrain()
        await group.triggerGracefulShutdown()
        let timeout = Task {
          try await Task.sleep(for: drainTimeout)
          sink.yield()
        }
        defer { timeout.cancel() }
        guard await stop.next() != nil else { return }
        endRequests()
        try await Task.sleep(for: errorTimeout)
        _exit(ExitStatus.success.rawValue)
      },
    ]
    defer {
      sink.finish()
      for task in tasks { task.cancel() }
    }
    try await group.run()
  }
}
