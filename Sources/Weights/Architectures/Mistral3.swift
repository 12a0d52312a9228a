import Core
import Glibc

/// Ministral 3 and its relatives: Llama's layers with YaRN, which changes no magnitude where the file says so, and
/// scores that grow with the position in long texts.
enum Mistral3 {
  static let architecture = Architecture(
    name: "mistral3",
    configuration: { fields throws(CheckpointError) in
      var model = try fields.gatedModel(ropeLayout: .interleaved)
      let (temperature, score) = (try temperature(fields), try fields.factor(.scoreScale))
      let multiplier = try fields.factor(.yarnLogMultiplier)
      for index in model.layers.indices {
        model.layers[index].attention.temperature = temperature
        if let score { model.layers[index].attention.scoreScale = score }
        if let multiplier { model.layers[index].attention.rope?.divideMagnitude(multiplier: Double(multiplier)) }
      }
      return model
    },
    modelTensors: TensorRule.endsWithRopeFactors, layerTensors: TensorRule.gatedLayer,
    shapingTensors: [TensorName.ropeFactors],
    neutralValues: NeutralValue.common.without(.temperatureScale, .yarnLogMultiplier, .scoreScale))

  /// Scores grow with each original length of YaRN's.
  private static func temperature(_ fields: ModelFields) throws(CheckpointError) -> AttentionTemperature? {
    guard let scale = try fields.factor(.temperatureScale) else { return nil }
    let length = try fields.required(.ropeOriginalLength, in: 1...Limits.maximumContext)
    return AttentionTemperature(scale: scale, length: length)
  }
}

extension ModelKey {
  static let temperatureScale: ModelKey = "attention.temperature_scale"
  static let yarnLogMultiplier: ModelKey = "rope.scaling.yarn_log_multiplier"
}

extension RopeConfiguration {
  /// YaRN's magnitude for the multiplier 1, over that for this one: models trained without any have 1 here.
  fileprivate mutating func divideMagnitude(multiplier: Double) {
    guard case .yarn(let factor, let length, let fast, let slow, let magnitude, let rounds) = scaling, factor > 1
    else { return }
    scaling = .yarn(
      factor: factor, originalLength: length, betaFast: fast, betaSlow: slow,
      attentionFactor: magnitude / (0.1 * multiplier * log(factor) + 1), roundsRamp: rounds)
  }
}
