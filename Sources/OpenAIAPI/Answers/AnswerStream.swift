import Hummingbird
import Core

/// Writes a streamed response: events, keep-alives, errors, end. The first prompt's generation is already running, so
/// that its rejection could still be a status; the other prompts follow one by one.
struct AnswerStream: Sendable {
  let head: AnswerHead
  let prepared: [PreparedAnswer]
  let feed: AnswerFeed
  let firstItem: AnswerFeed.Item?
  let streamsUsage: Bool
  let keepAliveInterval: Duration
  let engine: any InferenceEngine
  let codec: any TextCodec
  let client: ClientPresence

  /// Throws when the client has disconnected. A failure of the engine does not throw: it becomes an event and the
  /// outcome.
  func write(to writer: inout any ResponseBodyWriter) async throws -> Outcome {
    var sink = EventWriter(head: head, streamsUsage: streamsUsage, writer: writer)
    var total = Usage()
    for (index, one) in prepared.enumerated() {
      do {
        let isFirst = index == 0
        let feed =
          isFirst
          ? self.feed
          : AnswerFeed(
            engine: engine, request: one.generation, firstTick: keepAliveInterval, interval: keepAliveInterval
          )
        if !isFirst { client.onLeaving { feed.cancel() } }
        total = total + (try await write(one, index, feed, first: isFirst ? firstItem : nil, to: &sink))
      } catch let failure as GenerationFailure {
        let error = APIError(cause: failure.cause, promptTokenCount: one.generation.prompt.count)
        try await sink.write(ErrorBody(error: error))
        return Outcome(usage: total, failure: failure.cause)
      }
    }
    if streamsUsage { try await sink.write(.usageOnly, usage: total) }
    try await sink.finish()
    return Outcome(usage: total, failure: nil)
  }

  private func write(
    _ prepared: PreparedAnswer, _ index: Int, _ feed: AnswerFeed, first: AnswerFeed.Item?,
    to sink: inout EventWriter
  ) async throws -> Usage {
    let clock = ContinuousClock()
    var choice = StreamedChoice(
      index: index, assembler: AnswerAssembler(prepared, codec: codec, start: clock.now))
    if head.kind == .chat { try await sink.write(.opening(index: index)) }
    if let first, let usage = try await choice.take(first, now: clock.now, sink: &sink) { return usage }
    var iterator = feed.items.makeAsyncIterator()
    while let item = try await Self.next(&iterator) {
      if let usage = try await choice.take(item, now: clock.now, sink: &sink) { return usage }
    }
    try Task.checkCancellation()
    throw GenerationFailure(cause: EngineError.failed("the engine ended the completion without a final event"))
  }

  /// Distinguishes errors of the engine from errors of writing to the client.
  private static func next(
    _ iterator: inout AsyncThrowingStream<AnswerFeed.Item, any Error>.Iterator
  ) async throws -> AnswerFeed.Item? {
    do {
      return try await iterator.next()
    } catch let error as CancellationError {
      throw error
    } catch {
      throw GenerationFailure(cause: error)
    }
  }

  /// For the log.
  struct Outcome: Sendable {
    var usage: Usage
    /// The error of the engine, if it failed.
    var failure: (any Error)?
  }
}

private struct GenerationFailure: Error {
  let cause: any Error
}

/// One choice of a stream.
private struct StreamedChoice {
  let index: Int
  var assembler: AnswerAssembler
  /// Characters covered by the log-probabilities sent so far.
  private var offset = 0
  private var progress: String?

  init(index: Int, assembler: AnswerAssembler) {
    self.index = index
    self.assembler = assembler
  }

  /// Returns the usage at the end of the choice.
  mutating func take(
    _ item: AnswerFeed.Item, now: AnswerAssembler.Instant, sink: inout EventWriter
  ) async throws -> Usage? {
    guard case .event(let event) = item else {
      try await sink.keepAlive(progress ?? "ping")
      return nil
    }
    switch assembler.take(event, now: now) {
    case .nothing: break
    case .progress(let done, let total):
      let comment = "prefill \(done)/\(total)"
      progress = done < total ? comment : nil
      try await sink.comment(comment)
    case .text(let delta):
      progress = nil
      try await write(delta, to: &sink)
    case .end(let delta, let end):
      if !delta.text.isEmpty || !(delta.reports ?? []).isEmpty { try await write(delta, to: &sink) }
      try await sink.write(
        .finish(index: index, reason: end.reason), policy: end.policy, timings: end.timings)
      return end.usage
    }
    return nil
  }

  private mutating func write(_ delta: AnswerDelta, to sink: inout EventWriter) async throws {
    let logprobs = delta.reports.map { AnswerEvent.Logprobs(reports: $0, firstOffset: offset) }
    offset += CompletionLogprobs.length(of: delta.reports ?? [])
    try await sink.write(.delta(index: index, text: delta.text, logprobs: logprobs))
  }
}
