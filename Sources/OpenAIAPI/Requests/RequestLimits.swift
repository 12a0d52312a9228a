/// Limits of one request; beyond them the server answers 400 with the field.
enum RequestLimits {
  static let stopStringCount = 16
  static let stopStringByteCount = 256
  static let stopTokenCount = 256
  static let promptCount = 256
  static let messageCount = 65_536
  /// Maximum prompts of one request that run at once.
  static let concurrentPromptCount = 4
  static let requestIDByteCount = 128
}
