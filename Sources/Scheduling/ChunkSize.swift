import Core

/// How many prompt tokens the next step prefills, where the operator did not say.
///
/// Large chunks cost least a token. Two things speak for smaller ones:
/// - A pipeline of S stages stands still for S - 1 chunks of a prompt, so a prompt is prefilled in at least 16 chunks
/// for
///   each stage after the first (about 6 % lost), though never in less than one page.
/// - Sequences that decode beside it wait for the step. Then it may take a quarter of a second, by what the last prompt
/// step
///   took for a token: at a greater depth attention makes a token dearer, and chunks shrink by themselves.
///
/// Tokens never depend on it.
enum ChunkSize {
  /// Below this, passing over the weights would cost more than the tokens.
  static let leastTokenCount = 32
  private static let chunksPerStage = 16
  private static let sharedStepSeconds = 0.25

  /// - Parameters:
  ///   - secondsPerToken: of the slowest stage, measured; nil before the first step.
  ///   - isShared: sequences decode.
  ///   - limit: at least 1; nothing here is above it.
  static func tokens(
    promptCount: Int, stageCount: Int, secondsPerToken: Double?, isShared: Bool, limit: Int
  ) -> Int {
    var count = limit
    if stageCount > 1 {
      let share = promptCount / (chunksPerStage * (stageCount - 1))
      let pages = share / Limits.pageSize * Limits.pageSize
      count = min(count, max(Limits.pageSize, pages))
    }
    if isShared, let secondsPerToken, secondsPerToken > 0 {
      let affordable = sharedStepSeconds / secondsPerToken
      if affordable < Double(count) { count = max(min(leastTokenCount, limit), Int(affordable)) }
    }
    return count
  }
}
