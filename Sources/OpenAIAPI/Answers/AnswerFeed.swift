import Inference

/// A generation's events with ticks between them, so that one consumer both forwards tokens and keeps a
/// silent connection open. Dropping it, or cancelling the task that reads it, cancels the generation.
struct AnswerFeed: Sendable {
  enum Item: Sendable {
    case event(GenerationEvent)
    /// Time has passed; nothing is said of whether events came too.
    case tick
  }

  let items: AsyncThrowingStream<Item, any Error>
  private let continuation: AsyncThrowingStream<Item, any Error>.Continuation

  /// Starts the generation. Being refused is the first thing that `items` throws. The first tick comes after
  /// `firstTick`, the others every `interval`.
  ///
  /// A feed outlives the handler that starts it (the body is written after the handler returned), so its two
  /// tasks have no parent; they are bound to the life of `items` instead. Events wait here unbounded, but no
  /// more of them exist than the request may have tokens.
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

  /// Ends the generation; who reads `items` is thrown a `CancellationError`.
  func cancel() { continuation.finish(throwing: CancellationError()) }

  /// The first item, or nil when there is none. Reading `items` goes on behind it.
  func first() async throws -> Item? {
    for try await item in items { return item }
    return nil
  }
}
