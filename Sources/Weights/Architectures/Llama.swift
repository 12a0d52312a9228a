import Core

extension Architecture {
  /// Llama, and what is converted to its form: Llama 1 to 3, Mistral, SmolLM2, TinyLlama, Yi and others.
  static let llama = Architecture(
    name: "llama",
    configuration: { fields throws(CheckpointError) in try fields.gatedModel(ropeLayout: .interleaved) },
    modelTensors: { model in
      let rotaryDimension = model.layers[0].attention.rope?.rotaryDimension ?? 0
      return TensorRule.ends(of: model) + [
        TensorRule(.ropeFactors, TensorName.ropeFactors, [rotaryDimension / 2], isOptional: true)
      ]
    },
    layerTensors: TensorRule.gatedLayer,
    shapingTensors: [TensorName.ropeFactors])
}
