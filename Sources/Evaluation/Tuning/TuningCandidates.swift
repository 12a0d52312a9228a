package import Core

/// The default candidates for a length: windows from a sixteenth to half of the trained context, each with the group
/// sizes that divide it, admit the length, and use at least an eighth of the trained context.
package enum TuningCandidates {
  /// The automatic policy first, if there is one; then by window and group size.
  package static func list(length: Int, trainedLength: Int) -> [PositionPolicy] {
    var candidates: [PositionPolicy] = []
    // A pair outside the automatic rule may admit a length that the rule rejects.
    if let automatic = try? PolicyChoice.forLength(length, trainedLength: trainedLength).policy {
      candidates.append(automatic)
    }
    for share in [16, 8, 4, 2] {
      let window = trainedLength / share
      guard window > 1 else { continue }
      for groupSize in 2...min(window, Limits.maximumAutomaticGroupSize) where window % groupSize == 0 {
        guard
          let policy = PositionPolicy(
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
