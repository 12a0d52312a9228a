package import Core

/// A policy to compare with others: plain, automatic, or a forced pair.
package enum PolicySetting: Hashable, Sendable, CustomStringConvertible {
  case plain
  case automatic
  case forced(groupSize: Int, neighborWindow: Int)

  /// Parses `plain`, `auto` or `GxW` (`8x32`: group size 8, neighbor window 32). Nil for other text and for numbers out
  /// of range.
  package init?(_ text: some StringProtocol) {
    switch text.lowercased() {
    case "plain": self = .plain
    case "auto", "automatic": self = .automatic
    case let other:
      let parts = other.split(separator: "x", omittingEmptySubsequences: false)
      guard parts.count == 2, let groupSize = Int(parts[0]), let window = Int(parts[1]),
        PositionPolicy(groupSize: groupSize, neighborWindow: window, trainedLength: 1) != nil
      else { return nil }
      self = .forced(groupSize: groupSize, neighborWindow: window)
    }
  }

  package var request: PolicyRequest {
    switch self {
    case .plain: PolicyRequest(groupSize: 1)
    case .automatic: PolicyRequest()
    case .forced(let groupSize, let window): PolicyRequest(groupSize: groupSize, neighborWindow: window)
    }
  }

  /// The policy for a length; nil when no automatic policy admits it.
  /// - Throws: `PolicyArgumentError`.
  func policy(length: Int, trainedLength: Int) throws -> PositionPolicy? {
    do {
      return try PolicyChoice.forLength(length, trainedLength: trainedLength, request: request).policy
    } catch is PolicyRefusal {
      return nil
    }
  }

  package var description: String {
    switch self {
    case .plain: "plain"
    case .automatic: "auto"
    case .forced(let groupSize, let window): "\(groupSize)x\(window)"
    }
  }
}
