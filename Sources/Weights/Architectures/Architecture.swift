import Core

/// A family of models as its files describe it: which layers its metadata ask for, and which tensors those have.
///
/// Adding a family is a file in this folder that makes a value of this, and its place in `supported`. Most of it is put
/// together from `CommonShape` and `CommonTensors`. What no layer computes yet is first another case of an enum in
/// `LayerShape`, and the file that computes it.
package struct Architecture: Sendable {
  /// GGUF's `general.architecture`, which is also the prefix of its keys.
  package let name: String
  /// The model by its metadata, every value within `Limits`. Tensors are looked at only for what metadata leave open;
  /// whether all fit is for `TensorMap` to say.
  let configuration: @Sendable (ModelFields) throws(CheckpointError) -> ModelConfiguration
  /// Tensors that a model has once.
  let modelTensors: @Sendable (ModelConfiguration) -> [TensorRule]
  /// Tensors of a layer; their names follow the layer's prefix.
  var layerTensors: @Sendable (LayerShape, ModelConfiguration) -> [TensorRule]
  /// Names of tensors whose numbers belong to the model's shape.
  var shapingTensors: [String] = []
  /// Keys that change the arithmetic; other values than these cannot be computed, and must not be overlooked.
  var neutralValues: [NeutralValue] = NeutralValue.common

  /// All that are computed.
  package static let supported: [Architecture] = [
    Llama.architecture, Qwen2.architecture, Qwen2MoE.architecture, Qwen3.architecture, Qwen3MoE.architecture,
    GptOSS.architecture, Gemma.architecture, Gemma2.architecture, Gemma3.architecture, Phi2.architecture,
    Phi3.architecture, StableLM.architecture, StarCoder2.architecture, OLMo2.architecture, Granite.architecture,
    SmolLM3.architecture,
    GLM4.architecture, EXAONE4.architecture, SeedOSS.architecture, MiniCPM.architecture, InternLM2.architecture,
    Cohere.commandR, Cohere.cohere2, Ernie45.architecture,
  ]

  /// Families whose layers are not all attention: a state that goes from token to token takes its place in some.
  static let recurrent: Set<String> = [
    "mamba", "mamba2", "jamba", "falcon-h1", "granitehybrid", "kimi-linear", "lfm2", "lfm2moe", "nemotron_h",
    "nemotron_h_moe", "plamo2", "qwen35", "qwen35moe", "qwen3next", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7",
  ]

  /// What a layer's tensor names begin with.
  static func layerPrefix(_ layer: Int) -> String { "blk.\(layer)." }
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
    NeutralValue(key: "attention.scale", values: [0], meaning: "its own attention scale"),
    NeutralValue(key: "use_parallel_residual", values: [0], meaning: "parallel residuals"),
    NeutralValue(key: "logit_scale", values: [0, 1], meaning: "scaled logits"),
    NeutralValue(key: "residual_scale", values: [0, 1], meaning: "scaled residuals"),
    NeutralValue(key: "embedding_scale", values: [0, 1], meaning: "scaled embeddings"),
    NeutralValue(key: "rope.scaling.yarn_ext_factor", values: [-1, 1], meaning: "a partial YaRN ramp"),
    NeutralValue(key: "rope.scaling.yarn_log_multiplier", values: [0], meaning: "another YaRN scale"),
    NeutralValue(key: "attention.temperature_scale", values: [0], meaning: "scores that grow with the position"),
  ]
}

extension [NeutralValue] {
  /// All but those of keys that a family computes.
  func without(_ keys: ModelKey...) -> [NeutralValue] {
    filter { value in !keys.contains { $0.suffix == value.key.suffix } }
  }
}
