import Core

/// Gemma 4's text model: Gemma 3's layers with norms of values, with scores that are not scaled, and with a scale of
/// what each layer gives. Global layers have heads of another size, may have fewer of keys and values, may take keys
/// for values, and turn by factors that leave most of a head as it is. A model may have experts beside each gated part.
///
/// In the small models each token gives every layer an input of its own, and the last layers attend to the keys and
/// values of the last layer of their kind that has any.
///
/// Source: PyPI `transformers` 5, `models/gemma4`; keys and tensors as llama.cpp's `conversion/gemma.py` writes them.
enum Gemma4 {
  static let architecture = Architecture(
    name: "gemma4",
    configuration: { fields throws(CheckpointError) in
      let norm = NormKind.rms(epsilon: try fields.epsilon(.rmsEpsilon))
      var layers = try fields.gatedLayers(
        norm: norm, ropeLayout: .halfSplit, queryKeyNorm: .heads(norm), activation: .geluTanh)
      try addExperts(to: &layers, fields, norm: norm)
      let isLocal = try fields.localLayers(count: layers.count, period: 6)
      let inputSize = try fields.integer(.perLayerInputSize, in: 0...Limits.maximumHiddenSize) ?? 0
      for index in layers.indices {
        layers[index].residual = .sandwich
        layers[index].perLayerInputSize = inputSize
        layers[index].attention.scoreScale = 1
        layers[index].attention.valueNorm = norm
        if isLocal[index] {
          try makeLocal(&layers[index].attention, fields)
        } else {
          layers[index].attention.valuesAreKeys = !fields.hasTensor("attn_v.weight", layer: index)
        }
      }
      try shareKeys(among: &layers, isLocal, fields)
      var model = try fields.gemmaModel(layers: layers, norm: norm)
      model.logitCap = try fields.cap(.logitCap)
      return model
    },
    modelTensors: { model in
      // Without factors whole heads of global layers would turn, which those of no model do.
      let rotary = model.layers.first { $0.attention.span == .all }?.attention.rope?.rotaryDimension
      return TensorRule.ends(of: model) + TensorRule.perLayerInputs(of: model) + [
        TensorRule(.ropeFactors, TensorName.ropeFactors, [(rotary ?? 0) / 2], isOptional: rotary == nil)
      ]
    },
    layerTensors: { layer, model in
      TensorRule.gatedLayer(layer, in: model) + TensorRule.outputNorms(in: model) + TensorRule.headNorms(layer) + [
        TensorRule(.layerOutputScale, "layer_output_scale.weight", [1], isOptional: true)
      ] + besideExperts(layer.feedForward, hidden: model.hiddenSize) + TensorRule.perLayerInput(layer, in: model)
    },
    shapingTensors: [TensorName.ropeFactors],
    neutralValues: NeutralValue.withExperts.without(.logitCap))

  /// The norms of a layer that has experts beside its gated part, and the scales of their weights.
  private static func besideExperts(_ shape: FeedForwardShape, hidden: Int) -> [TensorRule] {
    guard let experts = shape.experts else { return [] }
    return [
      TensorRule(.gatedOutputNorm, "post_ffw_norm_1.weight", [hidden]),
      TensorRule(.routerNorm, "ffn_gate_inp.scale", [hidden]),
      TensorRule(.expertNorm, "pre_ffw_norm_2.weight", [hidden]),
      TensorRule(.expertOutputNorm, "post_ffw_norm_2.weight", [hidden]),
      TensorRule(.expertWeightScales, "ffn_down_exps.scale", [experts.expertCount], isOptional: true),
    ]
  }
}

/// Keys of local layers' heads, and of what the small models have.
extension ModelKey {
  static let perLayerInputSize: ModelKey = "embedding_length_per_layer_input"
  static let sharedLayerCount: ModelKey = "attention.shared_kv_layers"
  static let localKeyLength: ModelKey = "attention.key_length_swa"
  static let localValueLength: ModelKey = "attention.value_length_swa"
  static let localRotaryDimension: ModelKey = "rope.dimension_count_swa"
}

extension Gemma4 {
  /// Gives every layer experts beside its gated part, where the file has any.
  private static func addExperts(
    to layers: inout [LayerShape], _ fields: ModelFields, norm: NormKind
  ) throws(CheckpointError) {
    guard try fields.integer(.expertCount, in: 0...GGUFLimits.expertCount) ?? 0 > 0 else { return }
    let experts = try fields.experts(.softmaxOfChosen, activation: .geluTanh)
    for index in layers.indices {
      layers[index].feedForward = .gatedBesideExperts(
        GatedBesideExpertsShape(
          size: layers[index].feedForward.size, activation: .geluTanh, experts: experts, norm: norm))
    }
  }

  /// Lets the last layers attend to the keys and values of the last layer of their kind, local or global, before them.
  private static func shareKeys(
    among layers: inout [LayerShape], _ isLocal: [Bool], _ fields: ModelFields
  ) throws(CheckpointError) {
    let count = try fields.integer(.sharedLayerCount, in: 0...layers.count - 1) ?? 0
    let first = layers.count - count
    for index in first..<layers.count {
      guard let source = (0..<first).last(where: { isLocal[$0] == isLocal[index] }) else {
        throw fields.metadata.refusal(
          fields.key(.sharedLayerCount),
          "is \(count), which leaves no \(isLocal[index] ? "local" : "global") layer with keys of its own")
      }
      guard layers[index].attention.keyValueHeadCount == layers[source].attention.keyValueHeadCount else {
        throw fields.metadata.refusal(
          fields.key(.keyValueHeadCount),
          "gives layer \(index) other heads than layer \(source), whose keys it attends to")
      }
      layers[index].attention.keySourceDistance = index - source
      layers[index].attention.valueNorm = nil
      layers[index].attention.valuesAreKeys = false
    }
  }

  /// Gives a layer's attention the window of local layers, their heads' size, and their turn: by a base of their own,
  /// without the factors of global ones.
  private static func makeLocal(
    _ attention: inout AttentionShape, _ fields: ModelFields
  ) throws(CheckpointError) {
    guard let window = try fields.window() else { throw fields.metadata.missing(fields.key(.window)) }
    let sizes = GGUFLimits.headDimension
    let size = try fields.integer(.localKeyLength, in: sizes) ?? attention.headDimension
    guard attention.queryHeadCount <= GGUFLimits.innerSize / size else {
      throw fields.metadata.refusal(
        fields.key(.localKeyLength), "makes all heads together wider than \(GGUFLimits.innerSize)")
    }
    if let valueSize = try fields.integer(.localValueLength, in: sizes), valueSize != size {
      throw .unsupported(
        fields.metadata.fileName, fields.key(.localValueLength),
        "is \(valueSize) where keys have \(size), which this version does not compute",
        remedy: "use a model whose keys and values are equally long")
    }
    let rotary = try fields.integer(.localRotaryDimension, in: 2...size) ?? size
    guard rotary % 2 == 0 else {
      throw fields.metadata.refusal(
        fields.key(.localRotaryDimension), "is \(rotary) but must be even: dimensions turn in pairs")
    }
    attention.headDimension = size
    attention.span = .window(window)
    attention.rope = RopeConfiguration(
      base: try fields.positiveNumber(.localRopeBase) ?? 10_000, rotaryDimension: rotary, layout: .halfSplit,
      scaling: .none)
  }
}
