import Core

extension Architecture {
  /// Llama, and what is converted to its form: Llama 1 to 3, Mistral, SmolLM2, TinyLlama, Yi and others; with experts,
  /// Mixtral.
  static let llama = Architecture(
    name: "llama",
    configuration: { fields throws(CheckpointError) in
      let hasExperts = try fields.integer(.expertCount, in: 0...GGUFLimits.expertCount) ?? 0 > 0
      return try fields.gatedModel(
        ropeLayout: .interleaved, experts: hasExperts ? try fields.experts(.softmaxOfChosen) : nil)
    },
    modelTensors: { model in
      let rotaryDimension = model.layers[0].attention.rope?.rotaryDimension ?? 0
      return TensorRule.ends(of: model) + [
        TensorRule(.ropeFactors, TensorName.ropeFactors, [rotaryDimension / 2], isOptional: true)
      ]
    },
    layerTensors: TensorRule.gatedLayer,
    shapingTensors: [TensorName.ropeFactors],
    neutralValues: NeutralValue.withExperts)
}
