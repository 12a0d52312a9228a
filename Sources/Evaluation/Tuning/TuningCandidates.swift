package import Core

/// The default candidates for a length: windows from a sixteenth to half of the trained context, each with the group
/// sizes that divide it, admit the length, and use at least an eighth of the trained context.
package enum TuningCandidates {
  /// The automatic policy first, if there is one; then by method, window and group size.
  package static func list(
    length: Int, trainedLength: Int, methods: [PositionMethod] = [.selfExtend]
  ) -> [PositionPolicy] {
    var candidates: [PositionPolicy] = []
    // A pair outside the automatic rule may admit a length that the rule rejects.
    if let automatic = try? PolicyChoice.forLength(length, trainedLength: trainedLength).policy {
      candidates.append(automatic)
    }
    for method in methods {
      for share in [16, 8, 4, 2] where trainedLength / share > 1 {
        let request = PolicyRequest(method, neighborWindow: trainedLength / share)
        for groupSize in groupSizes(request, length: length, trainedLength: trainedLength) {
          guard let policy = try? request.policy(groupSize: groupSize, trainedLength: trainedLength),
            length <= policy.longestLength, !candidates.contains(policy),
            8 * policy.largestRelativePosition(length: length) >= trainedLength || method != .selfExtend
          else { continue }
          candidates.append(policy)
        }
      }
    }
    return candidates
  }

  private static func groupSizes(_ request: PolicyRequest, length: Int, trainedLength: Int) -> [Int] {
    let window = request.neighborWindow(trainedLength: trainedLength)
    return switch request.method {
    case .selfExtend: (2...min(window, Limits.maximumAutomaticGroupSize)).filter { window % $0 == 0 }
    case .jetLong: [(length - 1) / trainedLength + 1]
    case .logistic: [8, 16, 32, 64]
    case .reRoPE, .string: [1]
    }
  }
}
