import Inference

/// How a family of models is written down: names of its metadata and tensors, the tensors' shapes, and what
/// its checkpoints leave unsaid. Adding a family whose arithmetic is the same means adding a value of this to
/// `supported`.
///
/// All described families are decoders with RMS norms before attention and feed-forward, rotary positions,
/// and a SiLU-gated feed-forward part.
package struct ArchitectureDescription: Sendable {
  /// GGUF's `general.architecture`, which is also the prefix of its keys.
  package let name: String
  let ropeLayout: RopeConfiguration.Layout
  /// Tensors that a model has once.
  let modelTensors: [TensorRule]
  /// Tensors that every layer has; names begin with the layer's prefix.
  let layerTensors: [TensorRule]
  /// What stands before a layer's tensor names.
  let layerPrefix: @Sendable (Int) -> String
  /// Keys that change the arithmetic; any other value than these cannot be obeyed, and must not be
  /// overlooked.
  let neutralValues: [NeutralValue]

  /// All that can be read.
  package static let supported: [ArchitectureDescription] = [.llama]

  /// The description of the family that a checkpoint says it belongs to.
  static func named(by metadata: Metadata) throws(CheckpointError) -> ArchitectureDescription {
    let key = "general.architecture"
    guard let name = try metadata.string(key) else { throw metadata.missing(key) }
    guard let description = supported.first(where: { $0.name == name }) else {
      throw .unsupported(
        metadata.fileName, key,
        "is '\(printable(name))', which this version does not compute; supported: "
          + supported.map(\.name).joined(separator: ", "),
        remedy: "use a model of a supported architecture")
    }
    return description
  }

  func key(_ suffix: String) -> String { "\(name).\(suffix)" }
}

/// A metadata key with the values that mean "nothing special".
struct NeutralValue: Sendable {
  let suffix: String
  /// Bools count as 0 and 1.
  let values: [Double]
  /// What another value asks for, for the message.
  let meaning: String
}

/// What a tensor is for.
package enum TensorRole: Hashable, Sendable, CaseIterable {
  case embedding, outputNorm, head, ropeFactors
  case attentionNorm, query, key, value, attentionOutput
  case feedForwardNorm, gate, up, down
}

/// One row of an architecture's tensor table.
struct TensorRule: Sendable {
  /// How many numbers a dimension has, in terms of the model.
  enum Extent: Sendable {
    case hidden, queries, keyValues, feedForward, vocabulary, ropePairs
  }

  let role: TensorRole
  let name: String
  /// In GGUF's order, innermost first: a matrix is `[in, out]`, a vector `[n]`.
  let shape: [Extent]
  var isOptional = false
}

extension ModelConfiguration {
  func size(_ extent: TensorRule.Extent) -> Int {
    switch extent {
    case .hidden: hiddenSize
    case .queries: querySize
    case .keyValues: keyValueSize
    case .feedForward: feedForwardSize
    case .vocabulary: vocabularySize
    case .ropePairs: rope.rotaryDimension / 2
    }
  }
}
