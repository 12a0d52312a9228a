import Inference
import Wire

/// One admitted generation: where its events go and where its time went. Times are since the engine's start.
struct Generation {
  let sink: AsyncThrowingStream<GenerationEvent, any Error>.Continuation
  let submitted: Duration
  /// Plans in a row that ended while the sequence ran and had not got on since the plan before.
  private var fruitlessPlanCount = 0
  /// Epochs in which a step with it came to nothing, since it last got on.
  private(set) var failedEpochs: Set<PlanEpoch> = []
  private var firstSent: Duration?
  private var firstToken: Duration?
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

  /// The plan it ran under is over. True when so many were, without a step of it in between, that it must be taken for
  /// the cause.
  mutating func noteInterrupted() -> Bool {
    fruitlessPlanCount += 1
    return fruitlessPlanCount >= Self.maximumFruitlessPlanCount
  }

  mutating func noteFailedStep(in epoch: PlanEpoch) { failedEpochs.insert(epoch) }

  mutating func noteProgress() {
    fruitlessPlanCount = 0
    failedEpochs = []
  }

  private static let maximumFruitlessPlanCount = 8

  /// Passes on what the last stage said beside the token itself.
  func passScores(_ entry: StepResultEntry, logits: [Float]?) {
    if !entry.promptLogprobs.isEmpty {
      sink.yield(
        .promptLogprobs(first: entry.promptLogprobsFirst, values: entry.promptLogprobs, top: entry.promptTop))
    }
    if let logits { sink.yield(.promptLogits(logits)) }
  }

  mutating func passToken(_ token: TokenID, entry: StepResultEntry?, now: Duration) {
    if firstToken == nil { firstToken = now }
    timings.generatedTokenCount += 1
    sink.yield(.token(token, logprob: entry?.logprob, top: entry?.top ?? []))
  }

  mutating func finish(_ reason: FinishReason, now: Duration) {
    let sent = firstSent ?? now
    let readUntil = firstToken ?? now
    timings.queueSeconds = (sent - submitted).inSeconds
    timings.prefillSeconds = (readUntil - sent).inSeconds
    timings.decodeSeconds = (now - readUntil).inSeconds
    sink.yield(.finished(reason, timings))
    sink.finish()
  }
}
