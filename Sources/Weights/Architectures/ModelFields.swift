import Core

/// A metadata key without the family's name that it begins with in a file. The constants are what most families share.
struct ModelKey: Sendable, ExpressibleByStringLiteral {
  let suffix: String
  init(stringLiteral suffix: String) { self.suffix = suffix }

  static let layerCount: ModelKey = "block_count"
  static let predictionLayerCount: ModelKey = "nextn_predict_layers"
  static let hiddenSize: ModelKey = "embedding_length"
  static let contextLength: ModelKey = "context_length"
  static let vocabularySize: ModelKey = "vocab_size"
  static let feedForwardSize: ModelKey = "feed_forward_length"
  static let queryHeadCount: ModelKey = "attention.head_count"
  static let keyValueHeadCount: ModelKey = "attention.head_count_kv"
  static let keyLength: ModelKey = "attention.key_length"
  static let valueLength: ModelKey = "attention.value_length"
  static let rmsEpsilon: ModelKey = "attention.layer_norm_rms_epsilon"
  static let layerNormEpsilon: ModelKey = "attention.layer_norm_epsilon"
  static let ropeBase: ModelKey = "rope.freq_base"
  static let parallelResidual: ModelKey = "use_parallel_residual"
  static let rotaryDimension: ModelKey = "rope.dimension_count"
}

/// A checkpoint's metadata by the keys of its family, and the tensors they leave something to.
struct ModelFields: Sendable {
  let file: CheckpointFiles
  /// The family's name in the file.
  let family: String
  /// Layers that metadata count and the model does not compute, behind its own.
  var passedOverLayerCount = 0

  init(_ file: CheckpointFiles, family: String) {
    self.file = file
    self.family = family
  }

  /// Layers behind the model's own that predict further tokens.
  func predictionLayerCount() throws(CheckpointError) -> Int {
    try integer(.predictionLayerCount, in: 0...Limits.maximumLayerCount) ?? 0
  }

  var metadata: Metadata { file.metadata }

  /// The key as the file has it.
  func key(_ key: ModelKey) -> String { "\(family).\(key.suffix)" }

  func integer(_ key: ModelKey, in range: ClosedRange<Int>) throws(CheckpointError) -> Int? {
    try metadata.integer(self.key(key), in: range)
  }

  func required(_ key: ModelKey, in range: ClosedRange<Int>) throws(CheckpointError) -> Int {
    guard let value = try integer(key, in: range) else { throw metadata.missing(self.key(key)) }
    return value
  }

  /// One number a layer: the file has one for each, or one for all.
  func integers(
    _ key: ModelKey, layerCount: Int, in range: ClosedRange<Int>
  ) throws(CheckpointError) -> [Int]? {
    try metadata.integers(self.key(key), count: layerCount, in: range)
  }

  func positiveNumber(_ key: ModelKey) throws(CheckpointError) -> Double? {
    try metadata.positiveNumber(self.key(key))
  }

  /// Whether the file has a tensor of a layer: what metadata do not say of some families.
  func hasTensor(_ name: String, layer: Int) -> Bool { file[Architecture.layerPrefix(layer) + name] != nil }

  func string(_ key: ModelKey) throws(CheckpointError) -> String? { try metadata.string(self.key(key)) }

  /// Throws for a key that asks for what is not computed: ignoring one would give wrong text without a word.
  func refuseOthers(than neutralValues: [NeutralValue]) throws(CheckpointError) {
    for neutral in neutralValues {
      let key = key(neutral.key)
      let stated: Double? =
        if case .bool(let flag) = metadata[key] { flag ? 1 : 0 } else { try metadata.number(key) }
      guard let value = stated, !neutral.values.contains(value) else { continue }
      throw .unsupported(
        metadata.fileName, key, "is \(value): \(neutral.meaning), which this version does not compute",
        remedy: "use a plain \(family) model")
    }
  }
}
