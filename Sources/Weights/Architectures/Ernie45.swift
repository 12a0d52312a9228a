import Core

/// ERNIE 4.5 0.3B: Llama's layers.
enum Ernie45 {
  static let architecture = Architecture(
    name: "ernie4_5",
    configuration: { fields throws(CheckpointError) in try fields.gatedModel(ropeLayout: .interleaved) },
    modelTensors: TensorRule.ends, layerTensors: TensorRule.gatedLayer)
}
