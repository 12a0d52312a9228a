import Core
import Hummingbird

/// Writes a streamed response: events of all answers as they come, keep-alives, errors, end. The generations are
/// already running, so that a rejection could still be a status.
struct AnswerStream: Sendable {
  let prepared: [PreparedAnswer]
  let feed: AnswerFeed
  let firstItem: AnswerFeed.Item?
  let codec: any TextCodec

  /// Throws when the client has disconnected. A failure of the engine does not throw: it becomes an event and the
  /// outcome.
  func write(in format: any AnswerFormat, to writer: inout any ResponseBodyWriter) async throws -> Outcome {
    var state = StreamedAnswers(prepared, codec: codec, sink: FrameWriter(format: format, writer: writer))
    try await state.sink.write { try $0.begin(prepared) }
    do {
      if let firstItem { try await take(firstItem, &state) }
      var iterator = feed.items.makeAsyncIterator()
      while state.openCount > 0, let item = try await iterator.next() { try await take(item, &state) }
      try Task.checkCancellation()
      if state.openCount > 0 {
        throw AnswerFeed.Failure(index: 0, cause: EngineError.failed("the engine ended without a final event"))
      }
    } catch let failure as AnswerFeed.Failure {
      let count = prepared[failure.index].generation.prompt.count
      let error = APIError(cause: failure.cause, promptTokenCount: count)
      try await state.sink.write { try $0.failure(error) }
      return Outcome(usage: state.usage.total, failure: failure.cause)
    }
    let usage = state.usage.total
    try await state.sink.write { try $0.close(usage) }
    return Outcome(usage: usage, failure: nil)
  }

  private func take(_ item: AnswerFeed.Item, _ state: inout StreamedAnswers) async throws {
    switch item {
    case .tick: try await state.keepAlive()
    case .event(let index, let event):
      if try await state.take(event, of: index) { feed.end(index) }
    }
  }

  /// For the log.
  struct Outcome: Sendable {
    var usage: Usage
    /// The error of the engine, if it failed.
    var failure: (any Error)?
  }
}

/// What the answers of a stream cost together: each prompt counts once.
private struct StreamedUsage {
  private(set) var total = Usage()
  private var prompts: Set<Int> = []

  mutating func add(_ usage: Usage, promptIndex: Int) {
    var usage = usage
    if !prompts.insert(promptIndex).inserted { (usage.promptTokens, usage.cachedTokens) = (0, 0) }
    total = total + usage
  }
}

/// The answers of a stream, each waiting for its first event, open, or ended.
private struct StreamedAnswers {
  private let prepared: [PreparedAnswer]
  private let codec: any TextCodec
  private let clock = ContinuousClock()
  private let start: AnswerAssembler.Instant
  /// Of the answers that are open.
  private var assemblers: [Int: AnswerAssembler] = [:]
  private var ended: Set<Int> = []
  private var progress: String?
  var sink: FrameWriter
  private(set) var usage = StreamedUsage()

  init(_ prepared: [PreparedAnswer], codec: any TextCodec, sink: FrameWriter) {
    (self.prepared, self.codec, self.sink) = (prepared, codec, sink)
    start = clock.now
  }

  /// Answers that have not ended.
  var openCount: Int { prepared.count - ended.count }

  mutating func keepAlive() async throws { try await sink.keepAlive(progress ?? "ping") }

  /// Returns whether the answer has ended. Later events of it are ignored.
  mutating func take(_ event: GenerationEvent, of index: Int) async throws -> Bool {
    guard !ended.contains(index) else { return true }
    let one = prepared[index]
    if assemblers[index] == nil { try await sink.write { try $0.open(index, one) } }
    // Taken out, so that it is changed in place and not copied.
    var assembler = assemblers.removeValue(forKey: index) ?? AnswerAssembler(one, codec: codec, start: start)
    let step = assembler.take(event, now: clock.now)
    assemblers[index] = assembler
    switch step {
    case .nothing: return false
    case .progress(let prompt):
      progress = prompt.done < prompt.total ? prompt.comment : nil
      try await sink.write { try $0.progress(index, prompt) }
      return false
    case .text(let delta):
      progress = nil
      try await sink.write { try $0.piece(index, delta) }
      return false
    case .end(let delta, let end):
      if !delta.isEmpty { try await sink.write { try $0.piece(index, delta) } }
      try await sink.write { try $0.end(index, end) }
      usage.add(end.usage, promptIndex: prepared[index].promptIndex)
      assemblers[index] = nil
      ended.insert(index)
      return true
    }
  }
}
