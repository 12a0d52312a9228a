import Core
import JSON

/// Which layers of Gemma 4 are global, the heads of each kind and how they turn, as a configuration has them.
struct Gemma4Heads {
  struct Kind {
    /// Numbers of a head.
    let size: Int
    /// Heads of keys and values.
    let count: Int
    /// Of RoPE.
    let base: Double
  }

  /// One a layer.
  let isLocal: [Bool]
  let local: Kind
  let global: Kind
  /// Of a global head the first pairs turn, as if all did.
  let turningPairCount: Int

  private static let sizes = GGUFLimits.headDimension
  private static let counts = 1...Limits.maximumHiddenSize

  init(_ config: FolderValue) throws(CheckpointError) {
    isLocal = try Self.localLayers(config)
    let rope = try config.required("rope_parameters")
    let turns = (global: try rope.required("full_attention"), local: try rope.required("sliding_attention"))
    for (settings, kind) in [(turns.global, "proportional"), (turns.local, "default")] {
      let stated = try settings.required("rope_type")
      guard try stated.string() == kind else { throw stated.unsupported("is not \"\(kind)\"") }
      if let factor = settings["factor"], try factor.number() != 1 { throw factor.unsupported("is not 1") }
    }
    local = Kind(
      size: try config["head_dim"]?.integer(in: Self.sizes) ?? 256,
      count: try config.required("num_key_value_heads").integer(in: Self.counts),
      base: try turns.local.required("rope_theta").number())
    global = try Self.globalHeads(
      config, isLocal, local: local, base: try turns.global.required("rope_theta").number())
    if let share = turns.local["partial_rotary_factor"], try share.number() != 1 {
      throw share.unsupported("is not 1")
    }
    let share = try turns.global["partial_rotary_factor"]?.number() ?? 1
    guard share > 0, share <= 1 else { throw turns.global.unsupported("has a partial_rotary_factor of \(share)") }
    turningPairCount = Int(share * Double(global.size) / 2)
  }

  private static func localLayers(_ config: FolderValue) throws(CheckpointError) -> [Bool] {
    let list = try config.required("layer_types")
    let layerCount = try config.required("num_hidden_layers").integer(in: 1...Limits.maximumLayerCount)
    let kinds = try list.array()
    guard kinds.count == layerCount else { throw list.invalid("has \(kinds.count) entries for \(layerCount) layers") }
    var isLocal: [Bool] = []
    for kind in kinds {
      let name = try kind.string()
      guard ["sliding_attention", "full_attention"].contains(name) else {
        throw kind.unsupported("is \"\(printable(name))\"")
      }
      isLocal.append(name == "sliding_attention")
    }
    guard isLocal.last == false else { throw list.unsupported("ends with a local layer") }
    return isLocal
  }

  /// The heads of global layers: a configuration has them once, or, as newer ones do, for each of these layers.
  private static func globalHeads(
    _ config: FolderValue, _ isLocal: [Bool], local: Kind, base: Double
  ) throws(CheckpointError) -> Kind {
    guard let layers = config["per_layer_config"] else {
      let isShared = try config["attention_k_eq_v"]?.bool() ?? false
      let count = isShared ? try config["num_global_key_value_heads"]?.integer(in: counts) : nil
      return Kind(
        size: try config["global_head_dim"]?.integer(in: sizes) ?? 512, count: count ?? local.count, base: base)
    }
    let first = isLocal.firstIndex(of: false).flatMap { layers["\($0)"] }
    for (layer, isLocal) in isLocal.enumerated() where layers["\(layer)"]?.value != (isLocal ? nil : first?.value) {
      throw layers.unsupported("has layers of one kind that differ")
    }
    for member in first?.value.object?.members ?? []
    where !["head_dim", "num_key_value_heads"].contains(member.key) {
      throw layers.unsupported("has \"\(printable(member.key))\"")
    }
    let size = try first?["head_dim"]?.integer(in: sizes)
    let count = try first?["num_key_value_heads"]?.integer(in: counts)
    return Kind(size: size ?? local.size, count: count ?? local.count, base: base)
  }
}

extension Gemma4Heads {
  /// Which layers are global, their heads and their turn.
  func write(into fields: inout FolderMetadata) {
    fields.set(.windowPattern, .array(MetadataArray(isLocal)))
    fields.set(.keyValueHeadCount, .array(MetadataArray(isLocal.map { UInt32($0 ? local.count : global.count) })))
    for key in [ModelKey.keyLength, .valueLength, .rotaryDimension] { fields.set(key, .unsigned(UInt64(global.size))) }
    for key in [ModelKey.localKeyLength, .localValueLength, .localRotaryDimension] {
      fields.set(key, .unsigned(UInt64(local.size)))
    }
    fields.set(.ropeBase, .float(Double(Float(global.base))))
    fields.set(.localRopeBase, .float(Double(Float(local.base))))
    // Pairs that are not to turn are divided by what leaves nothing, as in GGUF files.
    let factors = (0..<global.size / 2).map { Float($0 < turningPairCount ? 1 : 1e30) }
    fields.factors.append((TensorName.ropeFactors, factors))
  }
}
