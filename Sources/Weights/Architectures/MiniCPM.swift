import Core

/// MiniCPM 1 and 2: Llama's layers with factors on embeddings, on what each part adds and, as a divisor, on logits.
/// Files that lack one have the first models' own: 12, 1.4 over the root of the layers, and the width over 256.
enum MiniCPM {
  static let architecture = Architecture(
    name: "minicpm",
    configuration: { fields throws(CheckpointError) in
      var model = try fields.gatedModel(ropeLayout: .interleaved)
      let residual =
        try fields.factor(.residualScale) ?? 1.4 / Float(model.layers.count).squareRoot()
      for index in model.layers.indices { model.layers[index].residualScale = residual }
      model.embeddingScale = try fields.factor(.embeddingScale) ?? 12
      model.logitScale = 1 / (try fields.factor(.logitScale) ?? Float(model.hiddenSize) / 256)
      return model
    },
    modelTensors: TensorRule.ends, layerTensors: TensorRule.gatedLayer,
    neutralValues: NeutralValue.common.without(.embeddingScale, .residualScale, .logitScale))
}
