import Core

/// How many prompt tokens the next step prefills, where the operator did not say.
///
/// Large chunks cost least a token. Two things speak for smaller ones:
/// - A pipeline stands still for some chunks of a prompt (`PromptChunk`).
/// - Sequences that decode beside it wait for the step: `PrefillShare` says what they bear.
///
/// Tokens never depend on it.
enum ChunkSize {
  /// - Parameters:
  ///   - share: what sequences that decode beside it bear; nil when none does.
  ///   - limit: at least 1; nothing here is above it.
  static func tokens(promptCount: Int, stageCount: Int, share: Int?, limit: Int) -> Int {
    if let share { return max(1, min(share, limit)) }
    return PromptChunk.tokenCount(promptCount: promptCount, stageCount: stageCount, limit: limit)
  }
}
