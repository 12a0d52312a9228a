import Core
import Synchronization

/// The events of several generations with ticks between them, so that one consumer forwards tokens and keeps an idle
/// connection open. Dropping it, or canceling the task that reads it, cancels the generations.
struct AnswerFeed: Sendable {
  enum Item: Sendable {
    /// - Parameter index: of the generation.
    case event(index: Int, GenerationEvent)
    /// Time has passed, with or without events.
    case tick
  }

  /// Why a generation ended early, which ends the feed.
  struct Failure: Error {
    let index: Int
    let cause: any Error
  }

  /// The generations whose further events are not wanted.
  private final class Ended: Sendable {
    private let indices = Mutex<Set<Int>>([])
    func insert(_ index: Int) { indices.withLock { _ = $0.insert(index) } }
    func contains(_ index: Int) -> Bool { indices.withLock { $0.contains(index) } }
  }

  let items: AsyncThrowingStream<Item, any Error>
  private let continuation: AsyncThrowingStream<Item, any Error>.Continuation
  private let ended = Ended()

  /// Starts the generations, a few at once. A rejection of the first is the first error of `items`. The first tick
  /// comes after `firstTick`, further ones every `interval`.
  ///
  /// A feed outlives its handler (the body is written after the handler returns), so its two tasks have no parent; they
  /// end with `items`. The buffer is unbounded, but has at most as many events as the request has tokens.
  init(
    engine: any InferenceEngine, requests: [GenerationRequest], firstTick: Duration, interval: Duration
  ) {
    let (items, continuation) = AsyncThrowingStream<Item, any Error>.makeStream()
    self.items = items
    self.continuation = continuation
    let events = Task { [ended] in
      do {
        try await Self.forward(requests, engine, ended) { continuation.yield(.event(index: $0, $1)) }
        continuation.finish()
      } catch {
        continuation.finish(throwing: error)
      }
    }
    let ticks = Task {
      var wait = firstTick
      while !Task.isCancelled {
        try await Task.sleep(for: wait)
        continuation.yield(.tick)
        wait = interval
      }
    }
    continuation.onTermination = { _ in
      events.cancel()
      ticks.cancel()
    }
  }

  private static func forward(
    _ requests: [GenerationRequest], _ engine: any InferenceEngine, _ ended: Ended,
    yield: @escaping @Sendable (Int, GenerationEvent) -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, request) in requests.enumerated() {
        if index >= RequestLimits.concurrentPromptCount { _ = try await group.next() }
        group.addTask {
          do {
            for try await event in try await engine.generate(request) {
              yield(index, event)
              // Leaving the loop cancels the generation.
              if ended.contains(index) { break }
            }
          } catch let error as CancellationError {
            throw error
          } catch {
            throw Failure(index: index, cause: error)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// Further events of this generation are not wanted.
  func end(_ index: Int) { ended.insert(index) }

  /// Ends the generations; `items` throws a `CancellationError`.
  func cancel() { continuation.finish(throwing: CancellationError()) }

  /// The first item, or nil when there is none. Later reads of `items` continue after it.
  func first() async throws -> Item? {
    for try await item in items { return item }
    return nil
  }
}
