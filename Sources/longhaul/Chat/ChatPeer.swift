import ChatTemplates

/// What answers in a chat: a model that runs here, or a server.
protocol ChatPeer: Sendable {
  /// The pieces of an answer's text. Ending the iteration early stops it.
  func answer(_ messages: [ChatMessage], _ settings: ChatSettings) async throws -> AsyncThrowingStream<
    String, any Error
  >
}
