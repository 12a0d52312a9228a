package import Inference

/// The policies a sweep tries for a length: windows from a sixteenth to half of the trained length, and for each the
/// group sizes that divide it, admit the length, and keep at least an eighth of the trained length in use.
package enum TuningCandidates {
  /// The automatic choice first, where there is one; then by window and group size.
  package static func list(length: Int, trainedLength: Int) -> [SelfExtendPolicy] {
    var candidates: [SelfExtendPolicy] = []
    // Refused lengths may still be admitted by a pair that the rule would not choose.
    if let automatic = try? PolicyChoice.forLength(length, trainedLength: trainedLength).policy {
      candidates.append(automatic)
    }
    for share in [16, 8, 4, 2] {
      let window = trainedLength / share
      guard window > 1 else { continue }
      for groupSize in 2...min(window, Limits.maximumAutomaticGroupSize) where window % groupSize == 0 {
        guard
          let policy = SelfExtendPolicy(
            groupSize: groupSize, neighborWindow: window, trainedLength: trainedLength),
          length <= policy.longestLength, !candidates.contains(policy),
          8 * policy.largestRelativePosition(length: length) >= trainedLength
        else { continue }
        candidates.append(policy)
      }
    }
    return candidates
  }
}
