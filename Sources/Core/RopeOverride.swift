/// A scaling of RoPE in place of the one that a model's file states: what others do for long text, and llama.cpp's
/// `--rope-scaling`, `--rope-scale` and `--yarn-orig-ctx`.
///
/// It changes every position's rotation, short text's too, so a model under one is another model than without it.
package enum RopeOverride: Hashable, Sendable {
  /// Positions as the base frequencies turn them.
  case none
  /// Every position divided by `factor`.
  case linear(factor: Double)
  /// Frequencies stretched by YaRN from `originalLength`; nil: the length that the file states as the one before any
  /// scaling.
  case yarn(factor: Double, originalLength: Int?)

  /// Factors that can be asked for. Less than 1 would press positions together.
  package static let factors: ClosedRange<Double> = 1...1024
  /// Original lengths that can be asked for.
  package static let originalLengths = 1...Limits.maximumContext

  /// GGUF's name of it.
  package var kind: String {
    switch self {
    case .none: "none"
    case .linear: "linear"
    case .yarn: "yarn"
    }
  }

  /// By how much it stretches the trained length.
  package var factor: Double {
    switch self {
    case .none: 1
    case .linear(let factor), .yarn(let factor, _): factor
    }
  }
}

extension RopeOverride: CustomStringConvertible {
  /// As it is parsed.
  package var description: String {
    switch self {
    case .none: "none"
    case .linear(let factor): "linear:\(Self.shortest(factor))"
    case .yarn(let factor, let length): "yarn:\(Self.shortest(factor))" + (length.map { ":\($0)" } ?? "")
    }
  }

  private static func shortest(_ factor: Double) -> String {
    factor == factor.rounded() ? "\(Int(factor))" : "\(factor)"
  }

  /// Parses `none`, `linear:FACTOR` and `yarn:FACTOR[:ORIGINAL]`.
  package init(_ text: some StringProtocol) throws(RopeOverrideError) {
    let parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)
    switch (parts.first, parts.count) {
    case ("none", 1): self = .none
    case ("linear", 2): self = .linear(factor: try Self.factor(parts[1]))
    case ("yarn", 2): self = .yarn(factor: try Self.factor(parts[1]), originalLength: nil)
    case ("yarn", 3):
      guard let length = Int(parts[2]), Self.originalLengths.contains(length) else {
        throw RopeOverrideError(
          "'\(parts[2].prefix(40))' is no original length of YaRN: it must be between 1 and \(Limits.maximumContext)")
      }
      self = .yarn(factor: try Self.factor(parts[1]), originalLength: length)
    default:
      throw RopeOverrideError(
        "'\(text.prefix(40))' is no scaling of RoPE; give none, linear:FACTOR or yarn:FACTOR[:ORIGINAL]")
    }
  }

  private static func factor(_ text: Substring) throws(RopeOverrideError) -> Double {
    guard let factor = Double(text), factors.contains(factor) else {
      throw RopeOverrideError(
        "'\(text.prefix(40))' is no factor of RoPE's scaling: it must be a number between 1 and "
          + "\(Int(factors.upperBound))")
    }
    return factor
  }
}

/// Why a text is no `RopeOverride`.
package struct RopeOverrideError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
