import Glibc
import Core

/// Keys of RoPE's scaling.
extension ModelKey {
  static let ropeScalingType: ModelKey = "rope.scaling.type"
  static let ropeScalingFactor: ModelKey = "rope.scaling.factor"
  static let ropeOriginalLength: ModelKey = "rope.scaling.original_context_length"
}

extension ModelFields {
  /// How the positions of heads of this size turn.
  func rope(headDimension: Int, layout: RopeConfiguration.Layout) throws(CheckpointError) -> RopeConfiguration {
    let rotary = try integer(.rotaryDimension, in: 2...headDimension) ?? headDimension
    guard rotary % 2 == 0 else {
      throw metadata.refusal(key(.rotaryDimension), "is \(rotary) but must be even: dimensions turn in pairs")
    }
    try file.requireScalableRope()
    var scaling = try ropeScaling()
    if let long = try longRope(pairCount: rotary / 2) {
      guard scaling == .none else {
        throw metadata.refusal(
          key(.ropeScalingType), "asks for scaling beside the factors of \(TensorName.longRopeFactors)")
      }
      scaling = long
    } else if try string(.ropeScalingType) == "longrope" {
      throw metadata.refusal(
        key(.ropeScalingType), "is 'longrope', but the tensor \(TensorName.longRopeFactors) is missing")
    }
    if let factors = try perPairFactors(pairCount: rotary / 2, of: TensorName.ropeFactors) {
      guard scaling == .none else {
        throw metadata.refusal(
          key(.ropeScalingType), "asks for scaling beside the factors of \(TensorName.ropeFactors)")
      }
      scaling = .perPair(factors: factors)
    }
    return RopeConfiguration(
      base: try positiveNumber(.ropeBase) ?? 10_000, rotaryDimension: rotary, layout: layout, scaling: scaling)
  }

  private func ropeScaling() throws(CheckpointError) -> RopeConfiguration.Scaling {
    // Old files have only `rope.scale_linear`, and a factor without a type is linear.
    let oldFactor = try positiveNumber("rope.scale_linear")
    let factor = try positiveNumber(.ropeScalingFactor) ?? oldFactor
    switch try string(.ropeScalingType) {
    // What LongRoPE does is in its tensors.
    case "none", "longrope": return .none
    case nil, "linear":
      guard let factor, factor != 1 else { return .none }
      return .linear(factor: factor)
    case "yarn":
      guard let factor else { throw metadata.missing(key(.ropeScalingFactor)) }
      let share = try positiveNumber("rope.scaling.attn_factor") ?? 1
      let range = 1...Limits.maximumContext
      // Where no original length is named, YaRN stretches the length that the metadata state.
      let stated = try required(.contextLength, in: range)
      let originalLength = try integer(.ropeOriginalLength, in: range) ?? stated
      return .yarn(
        factor: factor, originalLength: originalLength,
        betaFast: try positiveNumber("rope.scaling.yarn_beta_fast") ?? 32,
        betaSlow: try positiveNumber("rope.scaling.yarn_beta_slow") ?? 1,
        // The file's number is a share of YaRN's own 0.1 ln(s) + 1, which stretching alone calls for.
        attentionFactor: share * (factor > 1 ? 0.1 * log(factor) + 1 : 1))
    case let other?:
      throw .unsupported(
        metadata.fileName, key(.ropeScalingType),
        "is '\(printable(other))', which this version does not compute; supported: none, linear, yarn, longrope",
        remedy: "use a model with one of these")
    }
  }

  /// LongRoPE's two rows of factors, when the checkpoint has them.
  private func longRope(pairCount: Int) throws(CheckpointError) -> RopeConfiguration.Scaling? {
    let long = try perPairFactors(pairCount: pairCount, of: TensorName.longRopeFactors)
    let short = try perPairFactors(pairCount: pairCount, of: TensorName.shortRopeFactors)
    guard let long, let short else {
      guard long == nil, short == nil else {
        throw .damaged(
          file.fileNames[0], tensorSubject(long == nil ? TensorName.longRopeFactors : TensorName.shortRopeFactors),
          "is missing beside its counterpart")
      }
      return nil
    }
    let range = 1...Limits.maximumContext
    guard let originalLength = try integer(.ropeOriginalLength, in: range) else {
      throw metadata.missing(key(.ropeOriginalLength))
    }
    return .longRope(
      short: short, long: long, originalLength: originalLength,
      attentionFactor: try positiveNumber("rope.scaling.attn_factor") ?? 1)
  }

  /// What each pair's frequency is divided by, when the checkpoint says.
  private func perPairFactors(pairCount: Int, of name: String) throws(CheckpointError) -> [Float]? {
    guard let entry = file[name] else { return nil }
    try file.check(entry, dimensions: [pairCount])
    let factors = try file.vector(entry)
    guard factors.allSatisfy({ $0 > 0 }) else {
      throw .damaged(
        file.fileNames[entry.fileIndex], tensorSubject(entry.name), "has a factor that is not positive")
    }
    return factors
  }
}
