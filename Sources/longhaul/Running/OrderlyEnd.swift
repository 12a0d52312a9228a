import Foundation
import ServiceLifecycle

/// How `serve` ends. The first SIGINT or SIGTERM lets requests that run come to their ends, for a while; a second one,
/// or the end of that while, ends them in words. What is there a moment later, since a client does not read, is left.
enum OrderlyEnd {
  /// How long requests may run on after the first signal.
  private static let patience = Duration.seconds(30)
  /// How long those that were ended may take to say so.
  private static let lastWords = Duration.seconds(1)

  /// Runs the services until they have ended, or the process itself has.
  /// - Parameter endRequests: ends every request with an error; called at most once.
  static func run(_ group: ServiceGroup, endRequests: @escaping @Sendable () -> Void) async throws {
    let signals = Interruption.signals()
    // What has been asked for so far: an end, then haste.
    let (wishes, sink) = AsyncStream<Void>.makeStream()
    let tasks = [
      Task { for await _ in signals { sink.yield() } },
      Task {
        var wish = wishes.makeAsyncIterator()
        guard await wish.next() != nil else { return }
        await group.triggerGracefulShutdown()
        let patience = Task {
          try await Task.sleep(for: Self.patience)
          sink.yield()
        }
        defer { patience.cancel() }
        guard await wish.next() != nil else { return }
        endRequests()
        try await Task.sleep(for: lastWords)
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
