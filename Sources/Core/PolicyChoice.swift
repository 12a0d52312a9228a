/// The policy a sequence gets, how attention computes it, and the warning for the user, if any.
package struct PolicyChoice: Hashable, Sendable {
  package let policy: PositionPolicy
  /// The cluster's.
  package var attention: AttentionArithmetic = .exact
  /// Set when the user's own G and w do not admit the length: obeyed, but positions beyond the trained ones are used.
  package let warning: String?
}

/// No policy admits a length. The text names both numbers and the remedy.
package struct PolicyRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// Prompt plus new tokens asked for.
  package let length: Int
  /// The longest length that any automatic policy admits.
  package let longestLength: Int
  package let trainedLength: Int

  package var description: String {
    """
    \(length) tokens (prompt plus new tokens) are more than any automatic SelfExtend policy admits: this model's \
    maximum context length is \(longestLength) tokens (trained length \(trainedLength)). Shorten the prompt, lower \
    the number of new tokens, or force a policy with --group-size and --neighbor-window.
    """
  }
}

extension PolicyChoice {
  /// Chooses G and w for a total length (prompt plus new tokens), as fixed at admission.
  ///
  /// - Length within L: plain, so that short text is exactly the base model.
  /// - Longer: w = L/4 unless given; the smallest G meeting `2/3 L > w + (N - w)/G` (the authors' rule), rounded up
  ///   to a divisor of w; refused when none fits.
  /// - G or w given by the user is obeyed (beyond L only, where the request says so); a warning is set where it does
  ///   not admit the length.
  package static func forLength(
    _ length: Int, trainedLength: Int, request: PolicyRequest = PolicyRequest()
  ) throws -> PolicyChoice {
    let staysPlain = request.keepsShortTextPlain && length <= trainedLength
    if let groupSize = request.groupSize, !staysPlain {
      let window =
        request.neighborWindow ?? (groupSize == 1 ? 0 : defaultNeighborWindow(trainedLength: trainedLength))
      return try obeying(groupSize: groupSize, window: window, length: length, trainedLength: trainedLength)
    }
    let window = request.neighborWindow ?? defaultNeighborWindow(trainedLength: trainedLength)
    guard (1...Limits.maximumContext).contains(trainedLength) else {
      throw PolicyArgumentError(groupSize: 1, neighborWindow: window)
    }
    if length <= trainedLength {
      return PolicyChoice(policy: .plain(trainedLength: trainedLength), warning: nil)
    }
    for groupSize in automaticGroupSizes(window: window) {
      guard
        let policy = PositionPolicy(
          groupSize: groupSize, neighborWindow: window, trainedLength: trainedLength)
      else { continue }
      // 2/3 L > w + (N - w)/G, in integers; N_max is checked too because the rule is not stricter for tiny L.
      let fits = 2 * trainedLength * groupSize > 3 * (window * groupSize + length - window)
      if fits, length <= policy.longestLength { return PolicyChoice(policy: policy, warning: nil) }
    }
    throw PolicyRefusal(
      length: length, longestLength: longestAutomaticLength(trainedLength: trainedLength, window: window),
      trainedLength: trainedLength)
  }

  /// L/4, the share of the trained length that the authors' own settings keep exact (1024 of 4096).
  package static func defaultNeighborWindow(trainedLength: Int) -> Int { max(1, trainedLength / 4) }

  /// The longest total length that the automatic policy accepts for a window.
  package static func longestAutomaticLength(trainedLength: Int, window: Int? = nil) -> Int {
    let window = window ?? defaultNeighborWindow(trainedLength: trainedLength)
    var longest = trainedLength
    for groupSize in automaticGroupSizes(window: window) {
      guard
        let policy = PositionPolicy(
          groupSize: groupSize, neighborWindow: window, trainedLength: trainedLength)
      else { continue }
      // Largest N with 3(wG + N - w) < 2LG.
      let byRule = (2 * trainedLength * groupSize - 1) / 3 - window * groupSize + window
      longest = max(longest, min(byRule, policy.longestLength, Limits.maximumContext))
    }
    return longest
  }

  /// Group sizes the automatic policy tries: divisors of w above 1, ascending, up to the cap.
  private static func automaticGroupSizes(window: Int) -> [Int] {
    guard window > 1 else { return [] }
    return (2...min(window, Limits.maximumAutomaticGroupSize)).filter { window % $0 == 0 }
  }

  private static func obeying(
    groupSize: Int, window: Int, length: Int, trainedLength: Int
  ) throws -> PolicyChoice {
    guard
      let policy = PositionPolicy(
        groupSize: groupSize, neighborWindow: window, trainedLength: trainedLength)
    else { throw PolicyArgumentError(groupSize: groupSize, neighborWindow: window) }
    guard length > policy.longestLength else { return PolicyChoice(policy: policy, warning: nil) }
    let warning = """
      \(length) tokens exceed the \(policy.longestLength) that group size \(groupSize) and neighbor window \(window) \
      admit for a trained length of \(trainedLength); expect degraded text
      """
    return PolicyChoice(policy: policy, warning: warning)
  }
}

/// G or w outside what can be computed at all.
package struct PolicyArgumentError: Error, Hashable, Sendable, CustomStringConvertible {
  package let groupSize: Int
  package let neighborWindow: Int
  package var description: String {
    "group size \(groupSize) and neighbor window \(neighborWindow) are out of range: the group size must be at least "
      + "1, the window at least 0, both at most \(Limits.maximumContext)"
  }
}
