import Glibc
import Inference

extension RopeConfiguration {
  /// How the checkpoint's positions turn. `contextLength` is the length its metadata states, which
  /// YaRN stretches where no other is named.
  init(
    _ file: GGUFFile, _ architecture: ArchitectureDescription, headDimension: Int, contextLength: Int
  ) throws(CheckpointError) {
    let metadata = file.metadata
    let dimensionKey = architecture.key("rope.dimension_count")
    let rotary = try metadata.integer(dimensionKey, in: 2...headDimension) ?? headDimension
    guard rotary % 2 == 0 else {
      throw metadata.refusal(dimensionKey, "is \(rotary) but must be even: dimensions turn in pairs")
    }
    var scaling = try Self.scaling(metadata, architecture, contextLength: contextLength)
    if let factors = try Self.perPairFactors(file, architecture, pairCount: rotary / 2) {
      guard scaling == .none else {
        throw metadata.refusal(
          architecture.key("rope.scaling.type"), "asks for scaling beside the factors of rope_freqs.weight")
      }
      scaling = .perPair(factors: factors)
    }
    self.init(
      base: try metadata.positiveNumber(architecture.key("rope.freq_base")) ?? 10_000,
      rotaryDimension: rotary, layout: architecture.ropeLayout, scaling: scaling)
  }

  private static func scaling(
    _ metadata: Metadata, _ architecture: ArchitectureDescription, contextLength: Int
  ) throws(CheckpointError) -> Scaling {
    let typeKey = architecture.key("rope.scaling.type")
    let factorKey = architecture.key("rope.scaling.factor")
    // Old files have only `rope.scale_linear`, and a factor without a type is linear.
    let oldFactor = try metadata.positiveNumber(architecture.key("rope.scale_linear"))
    let factor = try metadata.positiveNumber(factorKey) ?? oldFactor
    switch try metadata.string(typeKey) {
    case "none": return .none
    case nil, "linear":
      guard let factor, factor != 1 else { return .none }
      return .linear(factor: factor)
    case "yarn":
      guard let factor else { throw metadata.missing(factorKey) }
      let lengthKey = architecture.key("rope.scaling.original_context_length")
      let share = try metadata.positiveNumber(architecture.key("rope.scaling.attn_factor")) ?? 1
      return .yarn(
        factor: factor,
        originalLength: try metadata.integer(lengthKey, in: 1...Limits.maximumContext) ?? contextLength,
        betaFast: try metadata.positiveNumber(architecture.key("rope.scaling.yarn_beta_fast")) ?? 32,
        betaSlow: try metadata.positiveNumber(architecture.key("rope.scaling.yarn_beta_slow")) ?? 1,
        // The file's number is a share of YaRN's own 0.1 ln(s) + 1, which stretching alone calls for.
        attentionFactor: share * (factor > 1 ? 0.1 * log(factor) + 1 : 1))
    case let other?:
      throw .unsupported(
        metadata.fileName, typeKey,
        "is '\(printable(other))', which this version does not compute; supported: none, linear, yarn",
        remedy: "use a model with one of these")
    }
  }

  /// What each pair's frequency is divided by, when the checkpoint says.
  private static func perPairFactors(
    _ file: GGUFFile, _ architecture: ArchitectureDescription, pairCount: Int
  ) throws(CheckpointError) -> [Float]? {
    guard let rule = architecture.modelTensors.first(where: { $0.role == .ropeFactors }),
      let entry = file[rule.name]
    else { return nil }
    try file.check(entry, dimensions: [pairCount])
    let factors = try file.vector(entry)
    guard factors.allSatisfy({ $0 > 0 }) else {
      throw .damaged(
        file.fileNames[entry.fileIndex], tensorSubject(entry.name), "has a factor that is not positive")
    }
    return factors
  }
}
