import Hummingbird
import Core

/// Writes a streamed response: events, keep-alives, errors, end. The first answer's generation is already running, so
/// that its rejection could still be a status; the others follow one by one.
struct AnswerStream: Sendable {
  let prepared: [PreparedAnswer]
  let feed: AnswerFeed
  let firstItem: AnswerFeed.Item?
  let keepAliveInterval: Duration
  let engine: any InferenceEngine
  let codec: any TextCodec
  let client: ClientPresence

  /// Throws when the client has disconnected. A failure of the engine does not throw: it becomes an event and the
  /// outcome.
  func write(in format: any AnswerFormat, to writer: inout any ResponseBodyWriter) async throws -> Outcome {
    var sink = FrameWriter(format: format, writer: writer)
    var usage = StreamedUsage()
    try await sink.write { try $0.begin(prepared) }
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
        let cost = try await write(one, index, feed, first: isFirst ? firstItem : nil, to: &sink)
        usage.add(cost, promptIndex: one.promptIndex)
      } catch let failure as GenerationFailure {
        let error = APIError(cause: failure.cause, promptTokenCount: one.generation.prompt.count)
        try await sink.write { try $0.failure(error) }
        return Outcome(usage: usage.total, failure: failure.cause)
      }
    }
    try await sink.write { try $0.close(usage.total) }
    return Outcome(usage: usage.total, failure: nil)
  }

  private func write(
    _ prepared: PreparedAnswer, _ index: Int, _ feed: AnswerFeed, first: AnswerFeed.Item?,
    to sink: inout FrameWriter
  ) async throws -> Usage {
    let clock = ContinuousClock()
    var choice = StreamedAnswer(
      index: index, assembler: AnswerAssembler(prepared, codec: codec, start: clock.now))
    try await sink.write { try $0.open(index, prepared) }
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

/// What the answers of a stream cost together: each prompt counts once.
private struct StreamedUsage {
  private(set) var total = Usage()
  private var prompts: Set<Int> = []

  mutating func add(_ usage: Usage, promptIndex: Int) {
    var usage = usage
    if !prompts.insert(promptIndex).inserted { usage.promptTokens = 0 }
    total = total + usage
  }
}

/// One answer of a stream.
private struct StreamedAnswer {
  let index: Int
  var assembler: AnswerAssembler
  private var progress: String?

  init(index: Int, assembler: AnswerAssembler) {
    self.index = index
    self.assembler = assembler
  }

  /// Returns the usage at the end of the answer.
  mutating func take(
    _ item: AnswerFeed.Item, now: AnswerAssembler.Instant, sink: inout FrameWriter
  ) async throws -> Usage? {
    guard case .event(let event) = item else {
      try await sink.keepAlive(progress ?? "ping")
      return nil
    }
    let index = index
    switch assembler.take(event, now: now) {
    case .nothing: break
    case .progress(let done, let total):
      let comment = "prefill \(done)/\(total)"
      progress = done < total ? comment : nil
      try await sink.write { $0.comment(comment) }
    case .text(let delta):
      progress = nil
      try await sink.write { try $0.piece(index, delta) }
    case .end(let delta, let end):
      if !delta.isEmpty { try await sink.write { try $0.piece(index, delta) } }
      try await sink.write { try $0.end(index, end) }
      return end.usage
    }
    return nil
  }
}
