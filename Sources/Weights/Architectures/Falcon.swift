import Core

/// Falcon: attention and an ungated part with GELU are added together; queries, keys and values are one tensor; RoPE
/// over halves of a head; layer norms with biases, and no others. In the 7B model, with one head of keys and values,
/// and in Falcon 2, both parts read one norm; in the 40B and 180B models each has its own.
enum Falcon {
  static let architecture = Architecture(
    name: "falcon",
    configuration: { fields throws(CheckpointError) in
      let norm = NormKind.layer(epsilon: try fields.epsilon(.layerNormEpsilon))
      var layers = try fields.ungatedLayers(norm: norm, ropeLayout: .halfSplit, gelu: .exact)
      let form: ResidualForm = fields.firstLayerHas("attn_norm_2.weight") ? .parallelNorms : .parallel
      for index in layers.indices { layers[index].residual = form }
      return try fields.model(layers: layers, outputNorm: norm)
    },
    modelTensors: { model in
      TensorRule.ends(of: model) + [TensorRule(.outputNormBias, "output_norm.bias", [model.hiddenSize])]
    },
    layerTensors: { layer, model in
      TensorRule.projections(layer, in: model) + TensorRule.fusedAttention(layer, in: model) + norms(layer, in: model)
    })

  /// The second norm is that of attention.
  private static func norms(_ layer: LayerShape, in model: ModelConfiguration) -> [TensorRule] {
    func norm(_ name: String, _ weight: TensorRole, _ bias: TensorRole) -> [TensorRule] {
      [TensorRule(weight, name + ".weight", [model.hiddenSize]), TensorRule(bias, name + ".bias", [model.hiddenSize])]
    }
    guard layer.residual == .parallelNorms else { return norm("attn_norm", .attentionNorm, .attentionNormBias) }
    return norm("attn_norm_2", .attentionNorm, .attentionNormBias)
      + norm("attn_norm", .feedForwardNorm, .feedForwardNormBias)
  }
}
