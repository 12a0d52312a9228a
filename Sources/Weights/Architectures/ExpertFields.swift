import Core

/// Keys of mixtures of experts.
extension ModelKey {
  static let expertCount: ModelKey = "expert_count"
  static let usedExpertCount: ModelKey = "expert_used_count"
  static let expertSize: ModelKey = "expert_feed_forward_length"
  static let sharedExpertSize: ModelKey = "expert_shared_feed_forward_length"
  static let sharedExpertCount: ModelKey = "expert_shared_count"
  static let leadingDenseCount: ModelKey = "leading_dense_block_count"
  static let expertWeighting: ModelKey = "expert_gating_func"
  static let normalizesExpertWeights: ModelKey = "expert_weights_norm"
  static let expertWeightScale: ModelKey = "expert_weights_scale"
}

extension ModelFields {
  /// The experts of every layer by the keys that families share.
  /// - Parameters:
  ///   - weighting: the family's own, where the file does not name another.
  ///   - hasGatedSharedExpert: whether there is one, weighed by a number for each token.
  func experts(
    _ weighting: RouterRule.Weighting, activation: Activation = .silu, hasGatedSharedExpert: Bool = false
  ) throws(CheckpointError) -> ExpertsShape {
    let count = try required(.expertCount, in: 1...GGUFLimits.expertCount)
    let used = try required(.usedExpertCount, in: 1...count)
    let sizes = 1...GGUFLimits.innerSize
    // Families whose files have one size alone mean that of an expert by it.
    let own = try integer(.expertSize, in: sizes)
    let size = if let own { own } else { try required(.feedForwardSize, in: sizes) }
    guard used * size <= GGUFLimits.innerSize else {
      throw metadata.refusal(
        key(.usedExpertCount), "makes all experts of a token together wider than \(GGUFLimits.innerSize)")
    }
    var shape = ExpertsShape(
      expertCount: count, usedCount: used, size: size, activation: activation, router: try RouterRule(self, weighting))
    if hasGatedSharedExpert {
      let own = try integer(.sharedExpertSize, in: sizes)
      let size = if let own { own } else { try required(.feedForwardSize, in: sizes) }
      shape.shared = SharedExpertShape(size: size, isGated: true)
    }
    return shape
  }
}

extension RouterRule {
  /// The rule that a file names.
  /// - Parameter weighting: the family's own, where the file does not name another.
  init(_ fields: ModelFields, _ weighting: Weighting) throws(CheckpointError) {
    let normalizes = try fields.metadata.flag(fields.key(.normalizesExpertWeights))
    var weighting = weighting
    switch try fields.integer(.expertWeighting, in: 0...Int(Int32.max)) {
    case nil, 0, 1:
      if case .sigmoid(let own) = weighting {
        weighting = .sigmoid(normalizes: normalizes ?? own)
      } else if let normalizes {
        weighting = normalizes ? .softmaxOfChosen : .softmaxOfAll
      }
    case 2: weighting = .sigmoid(normalizes: normalizes ?? false)
    case 3: weighting = .softmaxOfChosen
    case let other?:
      throw .unsupported(
        fields.metadata.fileName, fields.key(.expertWeighting),
        "is \(other), which this version does not compute; supported: 1 (softmax), 2 (sigmoid), 3 (softmax of the "
          + "chosen)",
        remedy: "use a model with one of these")
    }
    // 0 is written for no scale.
    let scale = try fields.metadata.number(fields.key(.expertWeightScale)) ?? 0
    self.init(weighting, scale: scale == 0 ? 1 : Float(scale))
  }
}
