import Core
import JSON

/// A family of models as `transformers` saves it in a folder: what differs from GGUF's form of it.
///
/// Adding one is a value in `known`. What is computed is for `Architecture` to say.
struct FolderFamily: Sendable {
  /// `model_type` in `config.json`.
  let modelType: String
  /// GGUF's name of the family.
  let architecture: String
  var names = FolderNames.common
  /// Whether GGUF's form turns neighboring numbers of a head, where `transformers` turns halves: rows of queries and
  /// keys are reordered then.
  var pairsNeighbors = false
  /// Whether queries, keys and values of one tensor lie in a group for each head of keys.
  var groupsHeads = false
  /// What norms add to their weights.
  var normAddend: Float = 0
  /// Whether the head is the embedding where the configuration does not say.
  var tiesHead = false
  /// Where the configuration has what a norm adds before its root, and GGUF.
  var epsilon: (name: String, key: ModelKey) = ("rms_norm_eps", .rmsEpsilon)
  var activations: Set<String> = ["silu", "swish"]
  /// Numbers of a head where the configuration does not say; nil divides the width by the heads.
  var headDimension: Int?
  /// Whether keys and values of all heads are made of one vector.
  var hasLatents = false
  /// Where the configuration of a model of several parts has that of its text part.
  var textPart: String?
  /// Whether `fields` says how positions turn.
  var hasOwnRope = false
  /// Which scaling of RoPE has magnitudes of its own in the family's configurations.
  var ropeMagnitude: RopeMagnitude?
  /// Whether folders have layers behind the model's own, which are not read (`Architecture`).
  var passesOverPredictionLayers = false
  /// Counts that stand in for those that a configuration lacks, by their common names.
  var standIns: @Sendable (FolderValue) throws(CheckpointError) -> [String: Int] = { _ in [:] }
  /// Whether YaRN's ramp begins and ends between pairs, which GGUF has no key for.
  var leavesRampUnrounded = false
  /// What the family has beside the fields that all share.
  var fields: @Sendable (inout FolderMetadata) throws(CheckpointError) -> Void = { _ in }

  enum RopeMagnitude: Sendable {
    case yarn, longRope
    /// YaRN's, by which scores grow.
    case yarnOfScores
  }

  /// The configuration of the text part; what it lacks is that of the whole model.
  func configuration(_ whole: FolderValue) throws(CheckpointError) -> FolderValue {
    guard let textPart else { return whole }
    let part = try whole.required(textPart)
    guard var object = whole.value.object, let own = part.value.object else { throw part.invalid("is not an object") }
    for member in own.members { object[member.key] = member.value }
    return FolderValue(value: .object(object), file: whole.file, path: whole.path)
  }

  /// The family of a configuration.
  static func named(by config: FolderValue) throws(CheckpointError) -> FolderFamily {
    let name = try config.required("model_type").string()
    guard let family = known.first(where: { $0.modelType == name }) else {
      throw .unsupported(
        config.file, "model_type",
        "is '\(printable(name))', whose folders this version does not read; read are "
          + known.map(\.modelType).joined(separator: ", "),
        remedy: "use a GGUF file of the model, or another model")
    }
    return family
  }
}
