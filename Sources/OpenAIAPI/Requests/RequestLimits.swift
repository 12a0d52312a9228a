/// What one request may ask for; more is a 400 that names the field.
enum RequestLimits {
  static let stopStringCount = 16
  static let stopStringByteCount = 256
  static let stopTokenCount = 256
  static let promptCount = 256
  static let messageCount = 65_536
  /// Of several prompts in one request, how many are in the engine at once.
  static let concurrentPromptCount = 4
  static let requestIDByteCount = 128
}
