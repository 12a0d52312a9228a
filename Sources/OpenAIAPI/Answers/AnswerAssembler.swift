import Core

/// Turns an engine's events into pieces for the client. A pure state machine over events and times.
///
/// waiting → (prefill progress)* → text* → ended. No event follows `.end`.
struct AnswerAssembler: Sendable {
  typealias Instant = ContinuousClock.Instant

  enum Step: Sendable {
    case nothing
    case progress(PromptProgress)
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
  private var promptReports: [TokenReport]?
  private var generatedCount = 0
  private var cachedCount = 0
  private var logprobSum: Double?
  /// Since the last piece.
  private var tokens: [TokenID] = []
  /// Whether the prompt is already echoed, or needs no echo.
  private var hasEchoed: Bool
  private let start: Instant
  private var firstToken: Instant?
  private var hasLineBreak = false

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
    case .cached(let count):
      cachedCount = count
      return .nothing
    case .prefillProgress(let done, let total):
      return .progress(
        PromptProgress(total: total, cached: cachedCount, done: done, seconds: start.duration(to: now) / .seconds(1)))
    case .promptLogprobs(let first, let values, let top):
      reports.score(from: first, values, top, codec: codec)
      scorePrompt(from: first, values, top)
      return .nothing
    case .promptLogits, .pooled: return .nothing
    case .token(let token, let logprob, let top):
      return take(token: token, logprob: logprob, top: top, now: now)
    case .finished(let reason, let timings):
      let last = decoder.finish()
      let delta = piece(last.text, now: now, isLast: true)
      return .end(delta, end(reason == .length ? .length : .stop, timings))
    }
  }

  private mutating func take(
    token: TokenID, logprob: Float?, top: [TokenLogprob], now: Instant
  ) -> Step {
    generatedCount += 1
    prepared.charge?(1)
    firstToken = firstToken ?? now
    tokens.append(token)
    if let logprob { logprobSum = (logprobSum ?? 0) + Double(logprob) }
    let decoded = decoder.append(token)
    reports.add(token, logprob, top, textCount: decoded.addedCount, codec: codec)
    if let stop = decoded.stopString {
      let delta = piece(decoded.text, now: now, isLast: true, isCut: true)
      return .end(delta, end(.stop, timings(now: now), stopString: stop))
    }
    hasLineBreak = hasLineBreak || decoded.text.contains("\n")
    if isOverdue(now) {
      let delta = piece(decoded.text + decoder.finish().text, now: now, isLast: true)
      return .end(delta, end(.length, timings(now: now)))
    }
    guard !decoded.text.isEmpty || !hasEchoed else { return .nothing }
    let delta = piece(decoded.text, now: now, isLast: false)
    if prepared.reading?.allowsSeveralCalls == false, reader?.callCount ?? 0 > 0 {
      return .end(delta, end(.stop, timings(now: now)))
    }
    return delta.parts.isEmpty ? .nothing : .text(delta)
  }

  private mutating func scorePrompt(from first: Int, _ values: [Float], _ top: [[TokenLogprob]]) {
    guard let count = prepared.promptLogprobCount else { return }
    let prompt = prepared.generation.prompt
    promptReports =
      (promptReports ?? [])
      + values.enumerated().filter { prompt.indices.contains(first + $0.offset) }.map { offset, value in
        TokenReport(
          token: prompt[first + offset], logprob: value,
          top: top.indices.contains(offset) ? Array(top[offset].prefix(count)) : [], offset: 0, codec: codec)
      }
  }

  /// Whether the answer took as long as it may.
  private func isOverdue(_ now: Instant) -> Bool {
    guard let limit = prepared.predictionLimit, let firstToken, hasLineBreak else { return false }
    return firstToken.duration(to: now) > limit
  }

  /// Text with what is reported of it, after the prompt if it is echoed. Without a part, nothing is taken from what is
  /// held back, unless it is the last one.
  /// - Parameter isCut: whether tokens after the text are no part of the answer.
  private mutating func piece(
    _ text: String, now: Instant, isLast: Bool, isCut: Bool = false
  ) -> AnswerDelta {
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
      parts: parts, reports: reports.take(all: isLast && !isCut), tokens: tokens, generatedCount: generatedCount,
      timings: timings(now: now))
  }

  private func end(
    _ reason: AnswerEnd.Reason, _ timings: GenerationTimings, stopString: String? = nil
  ) -> AnswerEnd {
    let calls = reader?.callCount ?? 0 > 0
    return AnswerEnd(
      reason: calls && reason == .stop ? .toolCalls : reason, stopString: stopString, policy: policy, timings: timings,
      usage: Usage(
        promptTokens: prepared.generation.prompt.count, cachedTokens: cachedCount, completionTokens: generatedCount),
      promptReports: prepared.promptLogprobCount == nil ? nil : promptReports ?? [],
      meanLogprob: logprobSum.map { $0 / Double(max(1, generatedCount)) })
  }

  /// Timings measured here, for pieces, and for an answer that ended before the engine reported any.
  private func timings(now: Instant) -> GenerationTimings {
    var timings = GenerationTimings()
    timings.promptTokenCount = prepared.generation.prompt.count
    timings.cachedTokenCount = cachedCount
    timings.generatedTokenCount = generatedCount
    let first = firstToken ?? now
    timings.prefillSeconds = start.duration(to: first) / .seconds(1)
    timings.decodeSeconds = first.duration(to: now) / .seconds(1)
    return timings
  }
}
