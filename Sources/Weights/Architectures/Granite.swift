import Core

/// Keys of a model's factors.
extension ModelKey {
  static let embeddingScale: ModelKey = "embedding_scale"
  static let residualScale: ModelKey = "residual_scale"
  static let scoreScale: ModelKey = "attention.scale"
  static let logitScale: ModelKey = "logit_scale"
}

/// Granite 3 and its dense successors: Llama's layers with factors on embeddings, on what each part adds, on scores
/// and, as a divisor, on logits.
enum Granite {
  static let architecture = Architecture(
    name: "granite",
    configuration: { fields throws(CheckpointError) in try model(fields) },
    modelTensors: TensorRule.ends, layerTensors: TensorRule.gatedLayer,
    neutralValues: NeutralValue.common.withoutFactors)

  /// - Parameter experts: of every layer, in place of one feed-forward part.
  static func model(
    _ fields: ModelFields, experts: ExpertsShape? = nil
  ) throws(CheckpointError) -> ModelConfiguration {
    var model = try fields.gatedModel(ropeLayout: .interleaved, experts: experts)
    let (residual, score) = (try fields.factor(.residualScale), try fields.factor(.scoreScale))
    for index in model.layers.indices {
      if let residual { model.layers[index].residualScale = residual }
      if let score { model.layers[index].attention.scoreScale = score }
    }
    model.embeddingScale = try fields.factor(.embeddingScale) ?? 1
    model.logitScale = 1 / (try fields.factor(.logitScale) ?? 1)
    return model
  }
}

extension [NeutralValue] {
  /// All but those of Granite's factors.
  var withoutFactors: [NeutralValue] { without(.embeddingScale, .residualScale, .scoreScale, .logitScale) }
}
