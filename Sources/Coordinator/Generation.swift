import Core
import Wire

/// How long a client waited for a token, in seconds.
enum TokenLatency {
  /// Since its request arrived.
  case first(Double)
  /// Since the previous token.
  case next(Double)
}

/// One admitted generation: the stream of its events, and its timings. Times are since the engine's start.
struct Generation {
  let sink: AsyncThrowingStream<GenerationEvent, any Error>.Continuation
  let submitted: Duration
  private var firstSent: Duration?
  private var firstToken: Duration?
  private var lastToken: Duration?
  private var timings = GenerationTimings()

  init(
    sink: AsyncThrowingStream<GenerationEvent, any Error>.Continuation, promptTokenCount: Int, submitted: Duration
  ) {
    self.sink = sink
    self.submitted = submitted
    timings.promptTokenCount = promptTokenCount
  }

  mutating func noteSent(now: Duration) {
    if firstSent == nil { firstSent = now }
  }

  /// Yields what the last stage computed besides the token.
  func passScores(_ entry: StepResultEntry, logits: [Float]?) {
    if !entry.promptLogprobs.isEmpty {
      sink.yield(
        .promptLogprobs(first: entry.promptLogprobsFirst, values: entry.promptLogprobs, top: entry.promptTop))
    }
    if let logits { sink.yield(.promptLogits(logits)) }
  }

  mutating func passToken(_ sampled: SampledToken, now: Duration) -> TokenLatency {
    defer { lastToken = now }
    if firstToken == nil { firstToken = now }
    timings.generatedTokenCount += 1
    sink.yield(.token(sampled.token, logprob: sampled.logprob, top: sampled.top))
    return lastToken.map { .next((now - $0).inSeconds) } ?? .first((now - submitted).inSeconds)
  }

  mutating func finish(_ reason: FinishReason, now: Duration) -> GenerationTimings {
    let sent = firstSent ?? now
    let prefilled = firstToken ?? now
    timings.queueSeconds = (sent - submitted).inSeconds
    timings.prefillSeconds = (prefilled - sent).inSeconds
    timings.decodeSeconds = (now - prefilled).inSeconds
    sink.yield(.finished(reason, timings))
    sink.finish()
    return timings
  }
}
