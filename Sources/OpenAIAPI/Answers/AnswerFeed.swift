import Core

/// The events of a generation with ticks between them, so that one consumer forwards tokens and keeps an idle
/// connection open. Dropping it, or canceling the task that reads it, cancels the generation.
struct AnswerFeed: Sendable {
  enum Item: Sendable {
    case event(GenerationEvent)
    /// Time has passed, with or without events.
    case tick
  }

  let items: AsyncThrowingStream<Item, any Error>
  private let continuation: AsyncThrowingStream<Item, any Error>.Continuation

  /// Starts the generation. A rejection is the first error of `items`. The first tick comes after `firstTick`, further
  /// ones every `interval`.
  ///
  /// A feed outlives its handler (the body is written after the handler returns), so its two tasks have no parent; they
  /// end with `items`. The buffer is unbounded, but has at most as many events as the request has tokens.
  init(
    engine: any InferenceEngine, request: GenerationRequest, firstTick: Duration, interval: Duration
  ) {
    let (items, continuation) = AsyncThrowingStream<Item, any Error>.makeStream()
    self.items = items
    self.continuation = continuation
    let events = Task {
      do {
        for try await event in try await engine.generate(request) { continuation.yield(.event(event)) }
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

  /// Ends the generation; `items` throws a `CancellationError`.
  func cancel() { continuation.finish(throwing: CancellationError()) }

  /// The first item, or nil when there is none. Later reads of `items` continue after it.
  func first() async throws -> Item? {
    for try await item in items { return item }
    return nil
  }
}
