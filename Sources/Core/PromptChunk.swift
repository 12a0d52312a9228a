/// How many tokens of a prompt a step carries where the operator did not say and nothing decodes beside it.
///
/// Large chunks cost least a token, but a pipeline of S stages stands still for S - 1 of them. So a prompt is read in
/// at least 16 chunks for each stage after the first (about 6 % lost), though never in less than one page.
package enum PromptChunk {
  private static let chunksPerStage = 16

  /// - Parameter limit: at least 1; the count is not above it.
  package static func tokenCount(promptCount: Int, stageCount: Int, limit: Int) -> Int {
    guard stageCount > 1 else { return limit }
    let pages = promptCount / (chunksPerStage * (stageCount - 1)) / Limits.pageSize
    return min(limit, max(1, pages) * Limits.pageSize)
  }
}
