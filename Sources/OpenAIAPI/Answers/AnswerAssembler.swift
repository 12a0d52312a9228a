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
  private var reader: AnswerReader?
  private var reports: HeldReports
  private var policy: PolicyChoice?
  private var generatedCount = 0
  private var logprobSum: Double?
  /// Since the last piece.
  private var tokens: [TokenID] = []
  /// Whether the prompt is already echoed, or needs no echo.
  private var hasEchoed: Bool
  private let start: Instant
  private var firstToken: Instant?

  init(_ prepared: PreparedAnswer, codec: any TextCodec, start: Instant) {
    self.prepared = prepared
    self.codec = codec
    self.start = start
    decoder = codec.makeDecoder(prepared.decoding)
    reader = prepared.reading?.reader
    hasEchoed = prepared.echoedPrompt == nil
    reports = HeldReports(prepared, codec: codec)
  }

  mutating func take(_ event: GenerationEvent, now: Instant) -> Step {
    switch event {
    case .admitted(let choice):
      policy = choice
      return .nothing
    case .prefillProgress(let done, let total): return .progress(done: done, total: total)
    case .promptLogprobs(let first, let values, let top):
      reports.score(from: first, values, top, codec: codec)
      return .nothing
    case .promptLogits: return .nothing
    case .token(let token, let logprob, let top):
      return take(token: token, logprob: logprob, top: top, now: now)
    case .finished(let reason, let timings):
      let last = decoder.finish()
      let delta = piece(last.text, isLast: true)
      return .end(delta, end(reason == .length ? .length : .stop, timings))
    }
  }

  private mutating func take(
    token: TokenID, logprob: Float?, top: [TokenLogprob], now: Instant
  ) -> Step {
    generatedCount += 1
    firstToken = firstToken ?? now
    tokens.append(token)
    if let logprob { logprobSum = (logprobSum ?? 0) + Double(logprob) }
    let decoded = decoder.append(token)
    reports.add(token, logprob, top, textCount: decoded.addedCount, codec: codec)
    if let stop = decoded.stopString {
      let delta = piece(decoded.text, isLast: true, isCut: true)
      return .end(delta, end(.stop, timings(now: now), stopString: stop))
    }
    guard !decoded.text.isEmpty || !hasEchoed else { return .nothing }
    let delta = piece(decoded.text, isLast: false)
    if prepared.reading?.allowsSeveralCalls == false, reader?.callCount ?? 0 > 0 {
      return .end(delta, end(.stop, timings(now: now)))
    }
    return delta.parts.isEmpty ? .nothing : .text(delta)
  }

  /// Text with what is reported of it, after the prompt if it is echoed. Without a part, nothing is taken from what is
  /// held back, unless it is the last one.
  /// - Parameter isCut: whether tokens after the text are no part of the answer.
  private mutating func piece(_ text: String, isLast: Bool, isCut: Bool = false) -> AnswerDelta {
    var parts = reader?.append(text) ?? (text.isEmpty ? [] : [.content(text)])
    if isLast { parts += reader?.finish() ?? [] }
    if prepared.reading?.hidesThoughts == true {
      parts.removeAll { if case .reasoning = $0 { true } else { false } }
    }
    if !hasEchoed, let prompt = prepared.echoedPrompt {
      hasEchoed = true
      parts = [.content(prompt + text)]
    }
    reports.textCount += text.unicodeScalars.count
    guard !parts.isEmpty || isLast else { return AnswerDelta(parts: []) }
    defer { tokens = [] }
    return AnswerDelta(
      parts: parts, reports: reports.take(all: isLast && !isCut), tokens: tokens, generatedCount: generatedCount)
  }

  private func end(
    _ reason: AnswerEnd.Reason, _ timings: GenerationTimings, stopString: String? = nil
  ) -> AnswerEnd {
    let calls = reader?.callCount ?? 0 > 0
    return AnswerEnd(
      reason: calls && reason == .stop ? .toolCalls : reason, stopString: stopString, policy: policy, timings: timings,
      usage: Usage(promptTokens: prepared.generation.prompt.count, completionTokens: generatedCount),
      meanLogprob: logprobSum.map { $0 / Double(max(1, generatedCount)) })
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
