import Core
import Glibc

/// How positions turn, by `rope_parameters`, or by `rope_theta` and `rope_scaling` of older configurations.
extension FolderMetadata {
  mutating func addRope(headDimension: Int, _ family: FolderFamily) throws(CheckpointError) {
    let parameters = config["rope_parameters"]
    let settings = parameters?["full_attention"] ?? parameters ?? config["rope_scaling"]
    let base = try (config["rope_theta"] ?? settings?["rope_theta"])?.number() ?? 10_000
    set(.ropeBase, .float(Double(Float(base))))
    var rotary = headDimension
    if let share = config["partial_rotary_factor"] ?? settings?["partial_rotary_factor"] {
      let factor = try share.number()
      guard factor > 0, factor <= 1, !family.pairsNeighbors || factor == 1 else {
        throw share.unsupported("is \(factor)")
      }
      rotary = Int(Double(headDimension) * factor)
    }
    set(.rotaryDimension, .unsigned(UInt64(rotary)))
    guard let settings, let kind = try (settings["rope_type"] ?? settings["type"])?.string() else { return }
    switch kind {
    case "default": return
    case "linear": try addFactor(settings, type: "linear")
    case "yarn": try addYarn(settings, family)
    case "llama3": try addLlama3(settings, base: base, rotary: rotary)
    case "longrope", "su":
      try addLongRope(settings, pairCount: rotary / 2, statesMagnitude: family.ropeMagnitude == .longRope)
    default: throw settings.unsupported("has the rope_type \"\(printable(kind))\"")
    }
  }

  /// The base of local layers.
  mutating func copyLocalRopeBase() throws(CheckpointError) {
    let base = config["rope_local_base_freq"] ?? config["rope_parameters"]?["sliding_attention"]?["rope_theta"]
    if let base { set(.localRopeBase, .float(Double(Float(try base.number())))) }
  }

  private mutating func addFactor(_ settings: FolderValue, type: String) throws(CheckpointError) {
    let factor = try settings.required("factor")
    guard try factor.number() > 0 else { throw factor.invalid("is not positive") }
    set(.ropeScalingType, .string(type))
    set(.ropeScalingFactor, .float(Double(Float(try factor.number()))))
  }

  private mutating func addYarn(_ settings: FolderValue, _ family: FolderFamily) throws(CheckpointError) {
    let statesMagnitude = family.ropeMagnitude == .yarn || family.ropeMagnitude == .yarnOfScores
    for key in ["mscale", "mscale_all_dim", "attention_factor"] {
      if statesMagnitude, key.hasPrefix("mscale") { continue }
      if settings[key] != nil { throw settings.unsupported("has \"\(key)\"") }
    }
    // The magnitude is that of the one over that of the other; GGUF has a key for the other alone.
    if family.ropeMagnitude == .yarnOfScores {
      let multiplier = try settings.required("mscale_all_dim").number()
      guard try settings.required("mscale").number() == multiplier else {
        throw settings.unsupported("has an \"mscale\" that is not \"mscale_all_dim\"")
      }
      // Files have a tenth of it.
      set(.yarnLogMultiplier, .float(Double(Float(0.1 * multiplier))))
    } else if statesMagnitude, let multiplier = settings["mscale_all_dim"] {
      guard let mscale = try settings["mscale"]?.number(), mscale == 1 else {
        throw settings.unsupported("has an \"mscale\" that is not 1")
      }
      set(.yarnLogMultiplier, .float(Double(Float(try multiplier.number()))))
    }
    let rounds = try settings["truncate"]?.bool() ?? true
    guard rounds != family.leavesRampUnrounded else {
      throw settings.unsupported("has \(rounds ? "no \"truncate\" that is false" : "a \"truncate\" that is false")")
    }
    try addFactor(settings, type: "yarn")
    if let length = originalLength(settings) {
      set(.ropeOriginalLength, .unsigned(UInt64(try length.integer(in: 1...Limits.maximumContext))))
    }
    for (name, key) in [("beta_fast", "fast"), ("beta_slow", "slow")] {
      guard let beta = try settings[name]?.number() else { continue }
      set(ModelKey(stringLiteral: "rope.scaling.yarn_beta_\(key)"), .float(Double(Float(beta))))
    }
  }

  /// Llama 3.1: long waves are stretched by the factor, short ones are left, and those between partly.
  private mutating func addLlama3(
    _ settings: FolderValue, base: Double, rotary: Int
  ) throws(CheckpointError) {
    func positive(_ key: String) throws(CheckpointError) -> Double {
      let value = try settings.required(key)
      guard try value.number() > 0 else { throw value.invalid("is not positive") }
      return try value.number()
    }
    let (factor, low, high) = (
      try positive("factor"), try positive("low_freq_factor"), try positive("high_freq_factor")
    )
    let length = try positive("original_max_position_embeddings")
    guard low < high else { throw settings.invalid("has a low_freq_factor that is not below high_freq_factor") }
    let numbers = (0..<rotary / 2).map { pair -> Float in
      let wave = 2 * Double.pi * pow(base, Double(2 * pair) / Double(rotary))
      if wave < length / high { return 1 }
      if wave > length / low { return Float(factor) }
      let share = (length / wave - low) / (high - low)
      return Float(1 / ((1 - share) / factor + share))
    }
    factors.append((TensorName.ropeFactors, numbers))
  }

  private mutating func addLongRope(
    _ settings: FolderValue, pairCount: Int, statesMagnitude: Bool
  ) throws(CheckpointError) {
    let magnitudes = (try settings["short_mscale"]?.number(), try settings["long_mscale"]?.number())
    guard statesMagnitude ? magnitudes.0 == magnitudes.1 : magnitudes == (nil, nil) else {
      throw settings.unsupported("has a \"short_mscale\" and a \"long_mscale\"")
    }
    for (key, name) in [("long_factor", TensorName.longRopeFactors), ("short_factor", TensorName.shortRopeFactors)] {
      var numbers: [Float] = []
      for value in try settings.required(key).array() { numbers.append(Float(try value.number())) }
      guard numbers.count == pairCount else {
        throw settings.invalid("has \(numbers.count) numbers of \(key), and \(pairCount) pairs turn")
      }
      factors.append((name, numbers))
    }
    guard let originalLength = originalLength(settings) else {
      throw config.invalid("lacks \"original_max_position_embeddings\"")
    }
    let range = 1...Limits.maximumContext
    let original = try originalLength.integer(in: range)
    let length = try config.required("max_position_embeddings").integer(in: range)
    let stretch = Double(length) / Double(original)
    let stated = try settings["attention_factor"]?.number()
    let factor =
      magnitudes.0 ?? stated
      ?? (stretch > 1 ? (1 + log(stretch) / log(Double(original))).squareRoot() : 1)
    set(.ropeScalingType, .string("longrope"))
    set(.ropeOriginalLength, .unsigned(UInt64(original)))
    set("rope.scaling.attn_factor", .float(Double(Float(factor))))
  }

  private func originalLength(_ settings: FolderValue) -> FolderValue? {
    settings["original_max_position_embeddings"] ?? config["original_max_position_embeddings"]
  }
}
