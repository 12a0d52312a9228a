/// Limits of one request; beyond them the server answers 400 with the field.
enum RequestLimits {
  static let stopStringCount = 16
  static let stopStringByteCount = 256
  static let stopTokenCount = 256
  static let promptCount = 256
  static let messageCount = 65_536
  /// Answers to one prompt.
  static let choiceCount = 128
  /// Answers to all prompts of one request.
  static let answerCount = 1024
  static let toolCount = 512
  static let logitBiasCount = 1024
  static let dryBreakerCount = 64
  static let dryBreakerByteCount = 40
  /// Names of `response_fields`.
  static let responseFieldCount = 256
  /// Maximum prompts of one request that run at once.
  static let concurrentPromptCount = 4
  /// Texts of one request that become vectors.
  static let embeddingCount = 2048
  /// Of these, how many are computed at once: the engine takes them in the same steps.
  static let concurrentEmbeddingCount = 16
  static let requestIDByteCount = 128
  static let cacheSaltByteCount = 256
}
