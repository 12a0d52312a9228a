import Core

/// OpenAI's chats and text completions.
struct CompletionFormat: AnswerFormat {
  let head: AnswerHead
  let stream: StreamFields
  let returnsTokens: Bool
  /// Calls of each answer of the stream so far.
  private var callCounts: [Int: Int] = [:]
  /// Usage of each answer of the stream so far.
  private var usage: [Int: Usage] = [:]

  init(head: AnswerHead, stream: StreamFields, returnsTokens: Bool) {
    self.head = head
    self.stream = stream
    self.returnsTokens = returnsTokens
  }

  func body(_ answers: [FinishedAnswer], usage: Usage) throws -> [UInt8] {
    try JSONBody.bytes(AnswerBody(head: head, answers: answers, usage: usage, returnsTokens: returnsTokens))
  }

  mutating func open(_ index: Int, _ prepared: PreparedAnswer) throws -> [StreamFrame] {
    usage[index] = Usage(promptTokens: prepared.generation.prompt.count)
    guard head.kind == .chat || returnsTokens else { return [] }
    let tokens = returnsTokens ? prepared.generation.prompt : nil
    return [try frame(.opening(index: index, promptTokens: tokens), usage: usage[index])]
  }

  mutating func piece(_ index: Int, _ delta: AnswerDelta) throws -> [StreamFrame] {
    usage[index]?.completionTokens = delta.generatedCount
    let calls = delta.parts.compactMap { if case .call(let call) = $0 { call } else { nil } }
    let first = callCounts[index, default: 0]
    callCounts[index] = first + calls.count
    return [
      try frame(
        .delta(index: index, delta, firstCall: first, tokens: returnsTokens ? delta.tokens : nil), usage: usage[index])
    ]
  }

  mutating func end(_ index: Int, _ end: AnswerEnd) throws -> [StreamFrame] {
    usage[index] = end.usage
    return [
      try frame(
        .finish(index: index, reason: end.reason), usage: end.usage, policy: end.policy, timings: end.timings)
    ]
  }

  mutating func close(_ usage: Usage) throws -> [StreamFrame] {
    (stream.hasUsage ? [try frame(.usageOnly, usage: usage, isLast: true)] : []) + [.done]
  }

  /// When usage is streamed, every event before the last has a null, or the usage so far.
  private func frame(
    _ content: AnswerEvent.Content, usage: Usage?, isLast: Bool = false, policy: PolicyChoice? = nil,
    timings: GenerationTimings? = nil
  ) throws -> StreamFrame {
    let shown = isLast || stream.hasRunningUsage ? usage : nil
    let event = AnswerEvent(
      head: head, content: content, usage: stream.hasUsage || stream.hasRunningUsage ? .some(shown) : nil,
      policy: policy, timings: timings)
    return .data(try JSONBody.bytes(event))
  }
}
