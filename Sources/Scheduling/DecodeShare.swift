/// How many ready decodes the next step takes.
///
/// All decodes in one step would keep one stage busy and the others idle, since their next tokens are known
/// only when the step has passed all stages. So steps of decodes alone take a fair share, `ceil(decoding
/// sequences / stages)`, and are made only while fewer steps than stages carry decodes: without that second
/// rule shares break into crumbs as sequences come and go, and every crumb costs a pass over the weights.
///
/// A step that reads a prompt keeps its stage busy anyway. It takes every ready decode, so that no decode
/// ever waits for a step that somebody's prompt could use.
enum DecodeShare {
  static func count(
    ready: Int, decoding: Int, stageCount: Int, decodeStepsInFlight: Int, readsPrompt: Bool
  ) -> Int {
    if readsPrompt { return ready }
    guard decodeStepsInFlight < stageCount else { return 0 }
    return min(ready, (decoding + stageCount - 1) / stageCount)
  }
}
