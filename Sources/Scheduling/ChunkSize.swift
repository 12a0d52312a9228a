import Core

/// How many prompt tokens the next step prefills, where the operator did not say.
///
/// Large chunks cost least a token. Two things speak for smaller ones:
/// - A pipeline of S stages stands still for S - 1 chunks of a prompt, so a prompt is prefilled in at least 16 chunks
///   for each stage after the first (about 6 % lost), though never in less than one page.
/// - Sequences that decode beside it wait for the step: `PrefillShare` says what they bear.
///
/// Tokens never depend on it.
enum ChunkSize {
  private static let chunksPerStage = 16

  /// - Parameters:
  ///   - share: what sequences that decode beside it bear; nil when none does.
  ///   - limit: at least 1; nothing here is above it.
  static func tokens(promptCount: Int, stageCount: Int, share: Int?, limit: Int) -> Int {
    if let share { return max(1, min(share, limit)) }
    guard stageCount > 1 else { return limit }
    let pages = promptCount / (chunksPerStage * (stageCount - 1)) / Limits.pageSize
    return min(limit, max(1, pages) * Limits.pageSize)
  }
}
