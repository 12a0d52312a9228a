/// How many ready decodes the next step takes.
///
/// The next token of a sequence is known only when its step has passed all stages. So that several stages have
/// something to do, steps of decodes alone take a fair share, `ceil(decoding sequences / steps)`, where `steps` is how
/// many should be in flight (`DecodeBatchTuner`), and are made only while fewer are: without that second rule shares
/// break into crumbs as sequences come and go, and every crumb costs a pass over the weights.
///
/// A step that prefills keeps its stage busy anyway. It takes every ready decode, so that no decode waits for a step
/// that a prompt could use.
enum DecodeShare {
  static func count(
    ready: Int, decoding: Int, steps: Int, decodeStepsInFlight: Int, prefills: Bool
  ) -> Int {
    if prefills { return ready }
    guard decodeStepsInFlight < steps else { return 0 }
    return min(ready, (decoding + steps - 1) / steps)
  }
}
