import Hummingbird

/// Writes the frames of a format to one client and tracks whether the stream is idle.
struct FrameWriter {
  private var format: any AnswerFormat
  private var writer: any ResponseBodyWriter
  private var isIdle = true

  init(format: any AnswerFormat, writer: any ResponseBodyWriter) {
    self.format = format
    self.writer = writer
  }

  mutating func write(_ frames: (inout any AnswerFormat) throws -> [StreamFrame]) async throws {
    for frame in try frames(&format) {
      isIdle = false
      try await writer.write(frame.buffer)
    }
  }

  /// Writes a comment if the stream was idle since the last call.
  mutating func keepAlive(_ text: String) async throws {
    if isIdle { try await write { $0.comment(text) } }
    isIdle = true
  }
}
