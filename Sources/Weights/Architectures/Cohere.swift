import Core

enum Cohere {
  /// Command R: attention and a gated part read one layer norm without bias and are added together; the head is the
  /// embedding, with a factor on logits. Command R+ has a layer norm of each head of queries and keys besides.
  static let commandR = Architecture(
    name: "command-r",
    configuration: { fields throws(CheckpointError) in try model(fields) },
    modelTensors: TensorRule.ends, layerTensors: TensorRule.cohereLayer,
    neutralValues: NeutralValue.common.without(.logitScale))

  /// Command R7B and Command A: Command R's layers, three local ones to a global one, which has no positions.
  static let cohere2 = Architecture(
    name: "cohere2",
    configuration: { fields throws(CheckpointError) in
      var model = try Cohere.model(fields)
      guard let window = try fields.window() else { throw fields.metadata.missing(fields.key(.window)) }
      let isLocal = try fields.localLayers(count: model.layerCount, period: 4)
      for index in model.layers.indices {
        if isLocal[index] {
          model.layers[index].attention.span = .window(window)
        } else {
          model.layers[index].attention.rope = nil
        }
      }
      return model
    },
    modelTensors: TensorRule.ends, layerTensors: TensorRule.cohereLayer,
    neutralValues: NeutralValue.common.without(.logitScale))

  private static func model(_ fields: ModelFields) throws(CheckpointError) -> ModelConfiguration {
    let norm = NormKind.layer(epsilon: try fields.epsilon(.layerNormEpsilon))
    let hasHeadNorms = fields.firstLayerHas("attn_q_norm.weight")
    var layers = try fields.gatedLayers(
      norm: norm, ropeLayout: .interleaved, queryKeyNorm: hasHeadNorms ? .eachHead(norm) : nil)
    for index in layers.indices { layers[index].residual = .parallel }
    var model = try fields.model(layers: layers, outputNorm: norm)
    model.logitScale = try fields.factor(.logitScale) ?? 1
    return model
  }
}

extension TensorRule {
  fileprivate static func cohereLayer(_ layer: LayerShape, in model: ModelConfiguration) -> [TensorRule] {
    projections(layer, in: model) + normsOfEachHead(layer)
      + [TensorRule(.attentionNorm, "attn_norm.weight", [model.hiddenSize])]
  }
}
