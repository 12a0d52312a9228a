import Hummingbird
import Inference

/// Writes events to one client and knows whether it has been silent.
struct ChunkSink {
  let head: AnswerHead
  let streamsUsage: Bool
  private var writer: any ResponseBodyWriter
  private var isSilent = true

  init(head: AnswerHead, streamsUsage: Bool, writer: any ResponseBodyWriter) {
    self.head = head
    self.streamsUsage = streamsUsage
    self.writer = writer
  }

  /// Where usage is streamed, every chunk before the one that carries it says null.
  mutating func write(
    _ content: AnswerChunk.Content, usage: Usage? = nil, policy: PolicyChoice? = nil,
    timings: GenerationTimings? = nil
  ) async throws {
    try await write(
      AnswerChunk(
        head: head, content: content, usage: streamsUsage ? .some(usage) : nil, policy: policy,
        timings: timings))
  }

  mutating func write(_ body: some Encodable & Sendable) async throws {
    try await write(.data(try JSONBody.bytes(body)))
  }

  mutating func comment(_ text: String) async throws {
    try await write(.comment(text))
  }

  /// Says `text` if nothing was written since the last call.
  mutating func keepAlive(_ text: String) async throws {
    if isSilent { try await write(.comment(text)) }
    isSilent = true
  }

  mutating func finish() async throws {
    try await write(.done)
  }

  private mutating func write(_ event: ServerSentEvent) async throws {
    isSilent = false
    try await writer.write(event.buffer)
  }
}
