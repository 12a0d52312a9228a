import Core

extension Architecture {
  /// ERNIE 4.5 0.3B: Llama's layers.
  static let ernie45 = Architecture(
    name: "ernie4_5",
    configuration: { fields throws(CheckpointError) in try fields.gatedModel(ropeLayout: .interleaved) },
    modelTensors: TensorRule.ends, layerTensors: TensorRule.gatedLayer)
}
