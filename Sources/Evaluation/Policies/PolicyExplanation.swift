package import Core

/// Why a length gets its policy, and its alternatives. Pure arithmetic without a model.
package struct PolicyExplanation: Hashable, Sendable {
  package enum Reason: Hashable, Sendable {
    /// Attention is plain within the trained context.
    case withinTrainedLength
    /// The smallest divisor G of w with 2/3 L > w + (N - w)/G.
    case smallestGroupSize
    /// The user chose the policy.
    case forced
    /// The user chose the method, which beyond the trained context follows its own rule.
    case method
    /// No automatic policy admits the length.
    case refused(PolicyRefusal)
  }

  /// One policy at the explained length.
  package struct Row: Hashable, Sendable {
    package let policy: PositionPolicy
    /// The largest relative position in RoPE.
    package let largestRelativePosition: Int
    /// That position over the trained context; values of 1 and above are untrained positions.
    package let shareOfTrainedLength: Double
    /// The longest length with every relative position within the trained context.
    package let longestLength: Int
    /// Whether the explained length is at most that.
    package let admits: Bool
    /// Whether 2/3 L > w + (N - w)/G, or the length is within L; of other methods, whether 2/3 L is above the largest
    /// relative position.
    package let meetsRule: Bool

    init(_ policy: PositionPolicy, length: Int) {
      self.policy = policy
      largestRelativePosition = policy.largestRelativePosition(length: length)
      shareOfTrainedLength = Double(largestRelativePosition) / Double(policy.trainedLength)
      longestLength = policy.longestLength
      admits = length <= policy.longestLength
      meetsRule =
        policy.groups ? PolicyChoice.meetsRule(policy, length: length) : length <= policy.trainedLength
    }
  }

  /// Tokens of prompt and completion together.
  package let length: Int
  package let trainedLength: Int
  package let reason: Reason
  /// Nil when no automatic policy admits the length.
  package let chosen: Row?
  /// Set when a forced policy does not admit the length.
  package let warning: String?
  /// Group sizes from 1 to 64 with the chosen window, then other windows with the chosen group size, then other
  /// methods, including the chosen policy.
  package let rows: [Row]

  /// - Throws: `PolicyArgumentError` for numbers out of range.
  package init(length: Int, trainedLength: Int, request: PolicyRequest = PolicyRequest()) throws {
    self.length = length
    self.trainedLength = trainedLength
    let asked = request.method == .selfExtend ? request.neighborWindow : nil
    let window = asked ?? PolicyChoice.defaultNeighborWindow(trainedLength: trainedLength)
    var policy: PositionPolicy?
    do {
      let choice = try PolicyChoice.forLength(length, trainedLength: trainedLength, request: request)
      policy = choice.policy
      warning = choice.warning
      if request.isFixed {
        reason = .forced
      } else if !choice.policy.groups {
        reason = .withinTrainedLength
      } else {
        reason = request.method == .selfExtend ? .smallestGroupSize : .method
      }
    } catch let refusal as PolicyRefusal {
      (reason, warning) = (.refused(refusal), nil)
    }
    chosen = policy.map { Row($0, length: length) }
    rows = Self.policies(length: length, trainedLength: trainedLength, window: window, chosen: policy).map {
      Row($0, length: length)
    }
  }

  private static func policies(
    length: Int, trainedLength: Int, window: Int, chosen: PositionPolicy?
  ) -> [PositionPolicy] {
    func policy(_ groupSize: Int, _ window: Int) -> PositionPolicy? {
      PositionPolicy(
        groupSize: groupSize, neighborWindow: groupSize == 1 ? 0 : window, trainedLength: trainedLength)
    }
    let otherGroupSizes = [1, 2, 4, 8, 16, 32, 64].compactMap { policy($0, window) }
    let groupSize = chosen.flatMap { $0.method == .selfExtend && $0.groups ? $0.groupSize : nil } ?? 8
    let otherWindows = [trainedLength / 8, trainedLength / 2].compactMap { $0 > 0 ? policy(groupSize, $0) : nil }
    var policies: [PositionPolicy] = []
    for policy in otherGroupSizes + (chosen.map { [$0] } ?? []) where !policies.contains(policy) {
      policies.append(policy)
    }
    policies.sort { ($0.groupSize, $0.neighborWindow) < ($1.groupSize, $1.neighborWindow) }
    let otherMethods = PositionMethod.allCases.filter { $0 != .selfExtend }.compactMap { method in
      try? PolicyChoice.forLength(length, trainedLength: trainedLength, request: PolicyRequest(method)).policy
    }
    for policy in otherWindows + otherMethods where !policies.contains(policy) { policies.append(policy) }
    return policies
  }

  /// The rule of this choice, with its numbers.
  package var sentence: String {
    switch reason {
    case .withinTrainedLength:
      return
        "\(length) tokens are within the trained context of \(trainedLength), so attention stays plain and equals "
        + "the base model"
    case .forced: return "the user chose the policy"
    case .method:
      guard let policy = chosen?.policy else { return "" }
      let largest = policy.largestRelativePosition(length: length)
      return switch policy.method {
      case .jetLong:
        "the least G with N/G within the trained context: \(length)/\(policy.groupSize) <= \(trainedLength)"
      case .logistic:
        3 * largest < 2 * trainedLength
          ? "the least G that keeps every position below two thirds of the trained context: \(largest) < "
            + Decimals.text(Double(2 * trainedLength) / 3, places: 1)
          : "the least G that keeps every position below the trained context: \(largest) < \(trainedLength)"
      case .selfExtend, .reRoPE, .string:
        "the user chose \(policy.method.title), which takes any length beyond the trained context"
      }
    case .refused(let refusal): return "\(refusal)"
    case .smallestGroupSize:
      guard let policy = chosen?.policy else { return "" }
      let used = Double(policy.neighborWindow) + Double(length - policy.neighborWindow) / Double(policy.groupSize)
      return "the smallest divisor G of w = \(policy.neighborWindow) with w + (N - w)/G below two thirds of the "
        + "trained context: \(policy.neighborWindow) + \(length - policy.neighborWindow)/\(policy.groupSize) = "
        + "\(Decimals.text(used, places: 1)) < \(Decimals.text(Double(2 * trainedLength) / 3, places: 1))"
    }
  }
}
