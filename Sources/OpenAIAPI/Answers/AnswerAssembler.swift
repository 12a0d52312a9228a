import Core

/// Turns an engine's events into pieces for the client. A pure state machine over events and times.
///
/// waiting → (prefill progress)* → text* → ended. No event follows `.end`.
struct AnswerAssembler: Sendable {
  typealias Instant = ContinuousClock.Instant

  enum Step: Sendable {
    case nothing
    case progress(done: Int, total: Int)
    case text(AnswerDelta)
    /// The last piece (may be empty) and the end.
    case end(AnswerDelta, AnswerEnd)
  }

  private let prepared: PreparedAnswer
  private let codec: any TextCodec
  private var decoder: any TextDecoder
  private var policy: PolicyChoice?
  private var generatedCount = 0
  /// Of tokens whose text is held back.
  private var heldReports: [TokenReport] = []
  /// One per prompt token when the prompt is echoed with log-probabilities; the first has none.
  private var promptReports: [TokenReport]
  /// Whether the prompt is already echoed, or needs no echo.
  private var hasEchoed: Bool
  private let start: Instant
  private var firstToken: Instant?

  init(_ prepared: PreparedAnswer, codec: any TextCodec, start: Instant) {
    self.prepared = prepared
    self.codec = codec
    self.start = start
    decoder = codec.makeDecoder(stopStrings: prepared.stopStrings)
    hasEchoed = prepared.echoedPrompt == nil
    promptReports =
      prepared.echoedPrompt != nil && prepared.wantsLogprobs
      ? prepared.generation.prompt.map { TokenReport(token: $0, logprob: nil, top: [], codec: codec) } : []
  }

  mutating func take(_ event: GenerationEvent, now: Instant) -> Step {
    switch event {
    case .admitted(let choice):
      policy = choice
      return .nothing
    case .prefillProgress(let done, let total): return .progress(done: done, total: total)
    case .promptLogprobs(let first, let values, let top):
      for (offset, value) in values.enumerated() where promptReports.indices.contains(first + offset) {
        promptReports[first + offset] = TokenReport(
          token: prepared.generation.prompt[first + offset], logprob: value,
          top: top.indices.contains(offset) ? top[offset] : [], codec: codec)
      }
      return .nothing
    case .promptLogits: return .nothing
    case .token(let token, let logprob, let top):
      return take(token: token, logprob: logprob, top: top, now: now)
    case .finished(let reason, let timings):
      let last = decoder.finish()
      return .end(delta(last.text), end(last.isStopped ? .stop : reason, timings))
    }
  }

  private mutating func take(
    token: TokenID, logprob: Float?, top: [TokenLogprob], now: Instant
  ) -> Step {
    generatedCount += 1
    firstToken = firstToken ?? now
    if prepared.wantsLogprobs {
      let wanted = top.prefix(prepared.generation.topLogprobCount ?? 0)
      heldReports.append(TokenReport(token: token, logprob: logprob, top: Array(wanted), codec: codec))
    }
    let decoded = decoder.append(token)
    if decoded.isStopped { return .end(delta(decoded.text), end(.stop, timings(now: now))) }
    return decoded.text.isEmpty && hasEchoed ? .nothing : .text(delta(decoded.text))
  }

  /// Text with the reports held back so far, after the prompt if it is echoed.
  private mutating func delta(_ text: String) -> AnswerDelta {
    var delta = AnswerDelta(text: text, reports: prepared.wantsLogprobs ? heldReports : nil)
    heldReports = []
    guard !hasEchoed else { return delta }
    hasEchoed = true
    guard let prompt = prepared.echoedPrompt else { return delta }
    delta.text = prompt + text
    delta.reports = delta.reports.map { promptReports + $0 }
    return delta
  }

  private func end(_ reason: FinishReason, _ timings: GenerationTimings) -> AnswerEnd {
    AnswerEnd(
      reason: reason, policy: policy, timings: timings,
      usage: Usage(promptTokens: prepared.generation.prompt.count, completionTokens: generatedCount))
  }

  /// Timings measured here, for a completion that a stop string ended before the engine reported any.
  private func timings(now: Instant) -> GenerationTimings {
    var timings = GenerationTimings()
    timings.promptTokenCount = prepared.generation.prompt.count
    timings.generatedTokenCount = generatedCount
    let first = firstToken ?? now
    timings.prefillSeconds = start.duration(to: first) / .seconds(1)
    timings.decodeSeconds = first.duration(to: now) / .seconds(1)
    return timings
  }
}

/// A piece of a completion.
struct AnswerDelta: Hashable, Sendable {
  var text: String
  /// Of the tokens of the text; nil unless requested.
  var reports: [TokenReport]?
}

/// The end of a completion.
struct AnswerEnd: Sendable {
  var reason: FinishReason
  var policy: PolicyChoice?
  var timings: GenerationTimings
  var usage: Usage
}
