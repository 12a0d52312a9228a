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
  /// When it ends with an error, since the engine's start; nil never.
  let deadline: (time: Duration, timeout: Duration)?
  private var firstSent: Duration?
  private var firstToken: Duration?
  private var lastToken: Duration?
  private var timings = GenerationTimings()
  var pooled = PooledText()

  init(
    sink: AsyncThrowingStream<GenerationEvent, any Error>.Continuation, promptTokenCount: Int, submitted: Duration,
    timeout: Duration? = nil
  ) {
    self.sink = sink
    self.submitted = submitted
    deadline = timeout.map { (submitted + $0, $0) }
    timings.promptTokenCount = promptTokenCount
  }

  /// An entry of it was sent.
  mutating func noteSent(_ entry: StepEntry, now: Duration) {
    guard firstSent == nil else { return }
    firstSent = now
    guard let cached = entry.opening?.cachedPrefix?.tokenCount, cached > 0 else { return }
    timings.cachedTokenCount = cached
    sink.yield(.cached(tokenCount: cached))
  }

  mutating func noteDraft(drafted: Int, accepted: Int) {
    timings.draftedTokenCount += drafted
    timings.acceptedTokenCount += accepted
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
    if let row = pooled.row { sink.yield(.pooled(row)) }
    sink.yield(.finished(reason, timings))
    sink.finish()
    return timings
  }
}
