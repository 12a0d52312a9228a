import Hummingbird
import Core

/// Writes events to one client and tracks whether the stream is idle.
struct EventWriter {
  let head: AnswerHead
  let streamsUsage: Bool
  private var writer: any ResponseBodyWriter
  private var isIdle = true

  init(head: AnswerHead, streamsUsage: Bool, writer: any ResponseBodyWriter) {
    self.head = head
    self.streamsUsage = streamsUsage
    self.writer = writer
  }

  /// When usage is streamed, every event before the one with the usage has a null.
  mutating func write(
    _ content: AnswerEvent.Content, usage: Usage? = nil, policy: PolicyChoice? = nil,
    timings: GenerationTimings? = nil
  ) async throws {
    try await write(
      AnswerEvent(
        head: head, content: content, usage: streamsUsage ? .some(usage) : nil, policy: policy,
        timings: timings))
  }

  mutating func write(_ body: some Encodable & Sendable) async throws {
    try await write(.data(try JSONBody.bytes(body)))
  }

  mutating func comment(_ text: String) async throws {
    try await write(.comment(text))
  }

  /// Writes `text` if the stream was idle since the last call.
  mutating func keepAlive(_ text: String) async throws {
    if isIdle { try await write(.comment(text)) }
    isIdle = true
  }

  mutating func finish() async throws {
    try await write(.done)
  }

  private mutating func write(_ event: ServerSentEvent) async throws {
    isIdle = false
    try await writer.write(event.buffer)
  }
}
