import Core

/// Llama, and what is converted to its form: Llama 1 to 3, Mistral, SmolLM2, TinyLlama, Yi and others; with experts,
/// Mixtral.
enum Llama {
  static let architecture = Architecture(
    name: "llama",
    configuration: { fields throws(CheckpointError) in
      let hasExperts = try fields.integer(.expertCount, in: 0...GGUFLimits.expertCount) ?? 0 > 0
      var model = try fields.gatedModel(
        ropeLayout: .interleaved, experts: hasExperts ? try fields.experts(.softmaxOfChosen) : nil)
      // Mistral 7B v0.1.
      model.layers.applyWindow(try fields.window())
      return model
    },
    modelTensors: TensorRule.endsWithRopeFactors,
    layerTensors: TensorRule.gatedLayer,
    shapingTensors: [TensorName.ropeFactors],
    neutralValues: NeutralValue.withExperts)
}
