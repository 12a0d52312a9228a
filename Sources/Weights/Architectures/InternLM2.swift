import Core

extension Architecture {
  /// InternLM 2 and 2.5: Llama's layers.
  static let internlm2 = Architecture(
    name: "internlm2",
    configuration: { fields throws(CheckpointError) in try fields.gatedModel(ropeLayout: .interleaved) },
    modelTensors: TensorRule.ends, layerTensors: TensorRule.gatedLayer)
}
