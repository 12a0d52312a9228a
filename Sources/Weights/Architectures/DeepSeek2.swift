import Core

/// DeepSeek V2, V3 and R1, and Kimi K2: keys and values of all heads made of one latent vector, and layers of experts
/// but for the first ones, with shared ones beside them. A token's experts are in a few groups where the file says so.
enum DeepSeek2 {
  static let architecture = Architecture(
    name: "deepseek2",
    configuration: { fields throws(CheckpointError) in
      var fields = fields
      fields.passedOverLayerCount = try fields.predictionLayerCount()
      let norm = NormKind.rms(epsilon: try fields.epsilon(.rmsEpsilon))
      let parts = try feedForwardParts(fields)
      let attention = try LatentFields(fields).attention(layerCount: parts.count, norm: norm)
      let layers = zip(attention, parts).map { LayerShape(attention: $0, feedForward: $1, norm: norm) }
      return try fields.model(layers: layers, outputNorm: norm)
    },
    modelTensors: TensorRule.ends,
    layerTensors: { layer, model in
      TensorRule.inputNorms(in: model) + TensorRule.latentAttention(layer.attention, hidden: model.hiddenSize)
        + TensorRule.feedForward(layer.feedForward, hidden: model.hiddenSize)
    },
    neutralValues: NeutralValue.withExperts.without(
      .predictionLayerCount, .yarnLogMultiplier, .expertGroupCount) + [
        NeutralValue(key: "rope.scaling.attn_factor", values: [1], meaning: "another YaRN scale")
      ], passesOverPredictionLayers: true)

  private static func feedForwardParts(_ fields: ModelFields) throws(CheckpointError) -> [FeedForwardShape] {
    let sizes = try fields.feedForwardSizes()
    var parts = sizes.map { FeedForwardShape.gated(size: $0, .silu) }
    let denseCount = try fields.integer(.leadingDenseCount, in: 0...sizes.count) ?? 0
    guard denseCount < sizes.count else { return parts }
    // Files that name no rule are of V2.
    var experts = try fields.experts(.softmaxOfAll)
    experts.shared = try SharedExpertShape(fields, besides: experts)
    experts.router.groups = try RouterGroups(fields, of: experts)
    for index in denseCount..<sizes.count { parts[index] = .experts(experts) }
    return parts
  }
}
