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
  static let expertGroupCount: ModelKey = "expert_group_count"
  static let usedExpertGroupCount: ModelKey = "expert_group_used_count"
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

extension SharedExpertShape {
  /// A number of experts for every token, each as large as the others, which are one of their sizes' sum; nil where the
  /// file counts none.
  init?(_ fields: ModelFields, besides shape: ExpertsShape) throws(CheckpointError) {
    let count = try fields.integer(.sharedExpertCount, in: 0...GGUFLimits.innerSize / shape.size) ?? 0
    guard count > 0 else { return nil }
    self.init(size: count * shape.size, isGated: false)
  }
}

extension RouterGroups {
  /// The groups that a token's experts are in a few of; nil where they may be in any.
  init?(_ fields: ModelFields, of shape: ExpertsShape) throws(CheckpointError) {
    guard let count = try fields.integer(.expertGroupCount, in: 0...Self.limit), count > 1 else { return nil }
    guard shape.expertCount % count == 0 else {
      throw fields.metadata.refusal(
        fields.key(.expertGroupCount), "is \(count), which does not divide the \(shape.expertCount) experts")
    }
    let used = try fields.required(.usedExpertGroupCount, in: 1...count)
    let available = used * (shape.expertCount / count)
    guard available >= shape.usedCount else {
      throw fields.metadata.refusal(
        fields.key(.usedExpertGroupCount),
        "is \(used), which leaves \(available) experts for the \(shape.usedCount) of a token")
    }
    guard used < count else { return nil }
    self.init(count: count, usedCount: used)
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
