import Core

/// Granite 3 with experts in place of one feed-forward part; in some models one more for every token.
enum GraniteMoE {
  static let architecture = Architecture(
    name: "granitemoe",
    configuration: { fields throws(CheckpointError) in
      var experts = try fields.experts(.softmaxOfChosen)
      if let size = try fields.integer(.sharedExpertSize, in: 0...GGUFLimits.innerSize), size > 0 {
        experts.shared = SharedExpertShape(size: size, isGated: false)
      }
      return try Granite.model(fields, experts: experts)
    },
    modelTensors: TensorRule.ends, layerTensors: TensorRule.gatedLayer,
    neutralValues: NeutralValue.withExperts.withoutFactors)
}
