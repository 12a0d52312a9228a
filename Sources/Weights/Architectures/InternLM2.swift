import Core

/// InternLM 2 and 2.5: Llama's layers.
enum InternLM2 {
  static let architecture = Architecture(
    name: "internlm2",
    configuration: { fields throws(CheckpointError) in try fields.gatedModel(ropeLayout: .interleaved) },
    modelTensors: TensorRule.ends, layerTensors: TensorRule.gatedLayer)
}
