import Core

/// A family of models as its files describe it: which layers its metadata ask for, and which tensors those have.
///
/// Adding a family is a file in this folder that makes a value of this, and its place in `supported`. Most of it is put
/// together from `CommonShape` and `CommonTensors`. What no layer computes yet is first another case of an enum in
/// `LayerShape`, and the file that computes it.
package struct Architecture: Sendable {
  /// GGUF's `general.architecture`, which is also the prefix of its keys.
  package let name: String
  /// The model by its metadata, every value within `Limits`. It reads tensors only for what the metadata does not say;
  /// `TensorMap` checks that all of them fit.
  let configuration: @Sendable (ModelFields) throws(CheckpointError) -> ModelConfiguration
  /// Tensors that a model has once.
  let modelTensors: @Sendable (ModelConfiguration) -> [TensorRule]
  /// Tensors of a layer; their names follow the layer's prefix.
  var layerTensors: @Sendable (LayerShape, ModelConfiguration) -> [TensorRule]
  /// Names of tensors that are read to make the model's shape, such as RoPE factors.
  var shapingTensors: [String] = []
  /// Keys that change the arithmetic; other values than these cannot be computed, and must not be overlooked.
  var neutralValues: [NeutralValue] = NeutralValue.common
  /// Whether files may have layers behind the model's own that predict further tokens, for drafts. They are no part of
  /// what the model computes, and are not read.
  var passesOverPredictionLayers = false

  /// All that are computed.
  package static let supported: [Architecture] = [
    Llama.architecture, Qwen2.architecture, Qwen2MoE.architecture, Qwen3.architecture, Qwen3MoE.architecture,
    OLMoE.architecture, GraniteMoE.architecture, PhiMoE.architecture, GLM4MoE.architecture,
    GptOSS.architecture, Gemma.architecture, Gemma2.architecture, Gemma3.architecture, Phi2.architecture,
    Phi3.architecture, StableLM.architecture, StarCoder2.architecture, OLMo2.architecture, Granite.architecture,
    SmolLM3.architecture, Gemma4.architecture,
    GLM4.architecture, EXAONE4.architecture, SeedOSS.architecture, MiniCPM.architecture, InternLM2.architecture,
    Cohere.commandR, Cohere.cohere2, Ernie45.architecture, Mistral3.architecture, Falcon.architecture,
    DeepSeek2.architecture,
  ]

  /// Families whose layers are not all attention: a state that goes from token to token takes its place in some.
  static let recurrent: Set<String> = [
    "mamba", "mamba2", "jamba", "falcon-h1", "granitehybrid", "kimi-linear", "lfm2", "lfm2moe", "nemotron_h",
    "nemotron_h_moe", "plamo2", "qwen35", "qwen35moe", "qwen3next", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7",
  ]

  /// What families need that no layer computes, for those that people have files of.
  static let missing = [
    "deepseek32": "an index that chooses keys",
    "gemma3n": "embeddings in every layer, and layers that share their keys and values",
    "glm-dsa": "an index that chooses keys",
    "llama4": "attention within chunks, and experts in every other layer",
    "mistral4": "latents whose scores grow with the position",
  ]

  /// What a layer's tensor names begin with.
  static func layerPrefix(_ layer: Int) -> String { "blk.\(layer)." }

  /// The layer that a tensor belongs to, if any.
  static func layer(of tensor: String) -> Int? {
    tensor.hasPrefix("blk.") ? Int(tensor.dropFirst(4).prefix { $0 != "." }) : nil
  }
}

extension [Architecture] {
  /// The family that a checkpoint says it belongs to.
  func named(by metadata: Metadata) throws(CheckpointError) -> Architecture {
    let key = "general.architecture"
    guard let name = try metadata.string(key) else { throw metadata.missing(key) }
    guard let architecture = first(where: { $0.name == name }) else {
      if Architecture.recurrent.contains(name) {
        throw .unsupported(
          metadata.fileName, key, "is '\(name)', whose recurrent layers this version does not compute yet",
          remedy: "use a model of attention layers alone")
      }
      if let missing = Architecture.missing[name] {
        throw .unsupported(
          metadata.fileName, key, "is '\(name)', which needs \(missing): this version does not compute that",
          remedy: "use a model of a supported architecture")
      }
      throw .unsupported(
        metadata.fileName, key,
        "is '\(printable(name))', which this version does not compute; supported: "
          + map(\.name).joined(separator: ", "),
        remedy: "use a model of a supported architecture")
    }
    return architecture
  }
}

/// A metadata key with the values that mean "nothing special".
struct NeutralValue: Sendable {
  let key: ModelKey
  /// Bools count as 0 and 1.
  let values: [Double]
  /// What another value asks for, for the message.
  let meaning: String

  /// What no family of layers without experts computes.
  static let common = withExperts + [NeutralValue(key: "expert_count", values: [0], meaning: "a mixture of experts")]

  /// What no family computes.
  static let withExperts = [
    NeutralValue(key: "attention.causal", values: [1], meaning: "attention to later tokens"),
    NeutralValue(key: "attention.max_alibi_bias", values: [0], meaning: "ALiBi"),
    NeutralValue(key: "attention.clamp_kqv", values: [0], meaning: "clamped queries and keys"),
    NeutralValue(key: .scoreScale, values: [0], meaning: "its own attention scale"),
    NeutralValue(key: .scoreCap, values: [0], meaning: "capped scores"),
    NeutralValue(key: .logitCap, values: [0], meaning: "capped logits"),
    NeutralValue(key: .parallelResidual, values: [0], meaning: "parallel residuals"),
    NeutralValue(key: "logit_scale", values: [0, 1], meaning: "scaled logits"),
    NeutralValue(key: "residual_scale", values: [0, 1], meaning: "scaled residuals"),
    NeutralValue(key: "embedding_scale", values: [0, 1], meaning: "scaled embeddings"),
    NeutralValue(key: "rope.scaling.yarn_ext_factor", values: [-1, 1], meaning: "a partial YaRN ramp"),
    NeutralValue(key: .yarnLogMultiplier, values: [0], meaning: "another YaRN scale"),
    NeutralValue(key: .predictionLayerCount, values: [0], meaning: "layers that predict further tokens"),
    NeutralValue(key: .temperatureScale, values: [0], meaning: "scores that grow with the position"),
    NeutralValue(key: .expertGroupCount, values: [0, 1], meaning: "experts chosen by groups"),
  ]
}

extension [NeutralValue] {
  /// All but those of keys that a family computes.
  func without(_ keys: ModelKey...) -> [NeutralValue] {
    filter { value in !keys.contains { $0.suffix == value.key.suffix } }
  }
}
