/// The policy a sequence gets, how attention computes it, and the warning for the user, if any.
package struct PolicyChoice: Hashable, Sendable {
  package let policy: PositionPolicy
  /// The cluster's.
  package var attention: AttentionArithmetic = .exact
  /// Set when the user's own policy does not admit the length: obeyed, but positions beyond the trained ones are used.
  package let warning: String?
}

/// No policy admits a length. The text names both numbers and the remedy.
package struct PolicyRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// Prompt plus new tokens asked for.
  package let length: Int
  /// The longest length that any automatic policy of the method admits.
  package let longestLength: Int
  package let trainedLength: Int
  package var method: PositionMethod = .selfExtend

  package var description: String {
    """
    \(length) tokens (prompt plus new tokens) are more than any automatic \(method.title) policy admits: this model's \
    maximum context length is \(longestLength) tokens (trained length \(trainedLength)). Shorten the prompt, lower \
    the number of new tokens, or name a policy with its numbers (--policy).
    """
  }
}

extension PolicyChoice {
  /// Chooses a policy for a total length (prompt plus new tokens), as fixed at admission.
  ///
  /// - Length within L: plain, so that short text is exactly the base model.
  /// - Longer, SelfExtend, which is the standard: w = L/4 unless given; the smallest G meeting `2/3 L > w + (N - w)/G`
  ///   (the authors' rule), rounded up to a divisor of w; refused when none fits.
  /// - Longer, Jet-Long: `G = ceil(N/L)`. SELF: the smallest G with every position below 2/3 L,
  ///   or where none has, below L.
  /// - What the user fixed is obeyed (beyond L only, where the request says so); a warning is set where it does not
  ///   admit the length.
  package static func forLength(
    _ length: Int, trainedLength: Int, request: PolicyRequest = PolicyRequest()
  ) throws -> PolicyChoice {
    let staysPlain = length <= trainedLength && request.keepsShortTextPlain && request.method != .string
    if request.isFixed, !staysPlain {
      let policy = try request.policy(groupSize: request.groupSize ?? 1, trainedLength: trainedLength)
      return obeying(policy, length: length)
    }
    guard (1...Limits.maximumContext).contains(trainedLength) else {
      throw PolicyArgumentError(trainedLength: trainedLength)
    }
    if length <= trainedLength {
      return PolicyChoice(policy: .plain(trainedLength: trainedLength), warning: nil)
    }
    // N_max is checked too because the rule is not stricter for tiny L.
    let admitting = automaticGroupSizes(for: length, trainedLength: trainedLength, request)
      .compactMap { try? request.policy(groupSize: $0, trainedLength: trainedLength) }
      .filter { length <= $0.longestLength }
    let meeting = admitting.first { meetsRule($0, length: length) }
    let policy =
      switch request.method {
      case .selfExtend: meeting
      case .logistic: meeting ?? admitting.first
      case .reRoPE, .jetLong, .string: admitting.first
      }
    if let policy { return PolicyChoice(policy: policy, warning: nil) }
    throw PolicyRefusal(
      length: length, longestLength: request.longestLength(trainedLength: trainedLength),
      trainedLength: trainedLength, method: request.method)
  }

  /// Whether `2/3 L > w + (N - w)/G`, in integers: the rule of SelfExtend's authors. Of other methods, whether 2/3 L is
  /// above the largest relative position.
  package static func meetsRule(_ policy: PositionPolicy, length: Int) -> Bool {
    guard policy.method == .selfExtend else {
      return 3 * policy.largestRelativePosition(length: length) < 2 * policy.trainedLength
    }
    let (window, groupSize) = (policy.neighborWindow, policy.groupSize)
    return 2 * policy.trainedLength * groupSize > 3 * (window * groupSize + length - window)
  }

  /// L/4, the share of the trained length that the authors' own settings keep exact (1024 of 4096).
  package static func defaultNeighborWindow(trainedLength: Int) -> Int { max(1, trainedLength / 4) }

  /// The longest total length that SelfExtend's automatic policy accepts for a window.
  package static func longestAutomaticLength(trainedLength: Int, window: Int? = nil) -> Int {
    let window = window ?? defaultNeighborWindow(trainedLength: trainedLength)
    var longest = trainedLength
    for groupSize in divisors(ofWindow: window) {
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

  /// Group sizes to try for a length beyond L, ascending.
  private static func automaticGroupSizes(
    for length: Int, trainedLength: Int, _ request: PolicyRequest
  ) -> [Int] {
    switch request.method {
    case .selfExtend: divisors(ofWindow: request.neighborWindow(trainedLength: trainedLength))
    case .jetLong:
      [(length - 1) / trainedLength + 1].filter { $0 <= Limits.maximumAutomaticGroupSize }
    case .logistic: Array(3...Limits.maximumAutomaticGroupSize)
    case .reRoPE, .string: [1]
    }
  }

  /// Divisors of w above 1, ascending, up to the cap.
  private static func divisors(ofWindow window: Int) -> [Int] {
    guard window > 1 else { return [] }
    return (2...min(window, Limits.maximumAutomaticGroupSize)).filter { window % $0 == 0 }
  }

  private static func obeying(_ policy: PositionPolicy, length: Int) -> PolicyChoice {
    guard length > policy.longestLength else { return PolicyChoice(policy: policy, warning: nil) }
    let warning = """
      \(length) tokens exceed the \(policy.longestLength) that \(policy.phrase) admits for a trained length of \
      \(policy.trainedLength); expect degraded text
      """
    return PolicyChoice(policy: policy, warning: warning)
  }
}
