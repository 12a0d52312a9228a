import Core

/// OpenAI's chats and text completions.
struct CompletionFormat: AnswerFormat {
  let head: AnswerHead
  let stream: StreamFields
  let returnsTokens: Bool
  /// The text of a prompt; nil where it is not asked for.
  let promptText: (@Sendable ([TokenID]) -> String)?
  /// Calls of each answer of the stream so far.
  private var callCounts: [Int: Int] = [:]
  /// Usage of each answer of the stream so far.
  private var usage: [Int: Usage] = [:]
  /// Answers of which progress was reported.
  private var progressed: Set<Int> = []
  private var timings: [GenerationTimings] = []

  init(
    head: AnswerHead, stream: StreamFields, returnsTokens: Bool,
    promptText: (@Sendable ([TokenID]) -> String)? = nil
  ) {
    (self.head, self.stream, self.returnsTokens, self.promptText) = (head, stream, returnsTokens, promptText)
  }

  func body(_ answers: [FinishedAnswer], usage: Usage) throws -> [UInt8] {
    try JSONBody.bytes(
      AnswerBody(
        head: head, answers: answers, usage: usage, returnsTokens: returnsTokens,
        prompt: answers.first.flatMap { promptText?($0.promptTokens) }))
  }

  mutating func open(_ index: Int, _ prepared: PreparedAnswer) throws -> [StreamFrame] {
    usage[index] = Usage(promptTokens: prepared.generation.prompt.count)
    guard head.kind == .chat || returnsTokens || promptText != nil else { return [] }
    let tokens = returnsTokens ? prepared.generation.prompt : nil
    return [
      try frame(
        .opening(index: index, promptTokens: tokens), usage: usage[index],
        prompt: promptText?(prepared.generation.prompt))
    ]
  }

  mutating func progress(_ index: Int, _ progress: PromptProgress) throws -> [StreamFrame] {
    guard stream.hasProgress else { return comment(progress.comment) }
    let first = progressed.insert(index).inserted ? [progress.start] : []
    return try (first + [progress]).map {
      try frame(
        .empty(index: index), usage: usage[index], timings: stream.hasTimings ? $0.timings : nil, progress: $0)
    }
  }

  mutating func piece(_ index: Int, _ delta: AnswerDelta) throws -> [StreamFrame] {
    usage[index]?.completionTokens = delta.generatedCount
    let calls = delta.parts.compactMap { if case .call(let call) = $0 { call } else { nil } }
    let first = callCounts[index, default: 0]
    callCounts[index] = first + calls.count
    return [
      try frame(
        .delta(index: index, delta, firstCall: first, tokens: returnsTokens ? delta.tokens : nil), usage: usage[index],
        timings: stream.hasTimings ? delta.timings : nil)
    ]
  }

  mutating func end(_ index: Int, _ end: AnswerEnd) throws -> [StreamFrame] {
    usage[index] = end.usage
    timings.append(end.timings)
    return [
      try frame(
        .finish(index: index, reason: end.reason), usage: end.usage, policy: end.policy, timings: end.timings)
    ]
  }

  mutating func close(_ usage: Usage) throws -> [StreamFrame] {
    guard stream.hasUsage else { return [.done] }
    // Of several answers each has its own.
    return [
      try frame(.usageOnly, usage: usage, isLast: true, timings: timings.count == 1 ? timings.first : nil), .done,
    ]
  }

  /// When usage is streamed, every event before the last has a null, or the usage so far.
  private func frame(
    _ content: AnswerEvent.Content, usage: Usage?, isLast: Bool = false, policy: PolicyChoice? = nil,
    timings: GenerationTimings? = nil, progress: PromptProgress? = nil, prompt: String? = nil
  ) throws -> StreamFrame {
    let shown = isLast || stream.hasRunningUsage ? usage : nil
    let event = AnswerEvent(
      head: head, content: content, usage: stream.hasUsage || stream.hasRunningUsage ? .some(shown) : nil,
      policy: policy, timings: timings, progress: progress, prompt: prompt)
    return .data(try JSONBody.bytes(event))
  }
}
