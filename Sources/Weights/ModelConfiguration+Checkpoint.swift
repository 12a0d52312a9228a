import Inference

extension ModelConfiguration {
  /// The model's shape by its metadata, every value within `Limits`. Tensors are looked at only for what
  /// metadata leaves open (vocabulary, tied head, rope factors); whether all fit is for `TensorMap` to say.
  init(_ file: GGUFFile, _ architecture: ArchitectureDescription) throws(CheckpointError) {
    let metadata = file.metadata
    try Self.refuseOtherArithmetic(metadata, architecture)
    func required(_ suffix: String, _ range: ClosedRange<Int>) throws(CheckpointError) -> Int {
      let key = architecture.key(suffix)
      guard let value = try metadata.integer(key, in: range) else { throw metadata.missing(key) }
      return value
    }
    let layerCount = try required("block_count", 1...Limits.maximumLayerCount)
    func uniform(_ suffix: String, _ range: ClosedRange<Int>) throws(CheckpointError) -> Int? {
      try metadata.uniformInteger(architecture.key(suffix), layerCount: layerCount, in: range)
    }
    let hiddenSize = try required("embedding_length", 1...Limits.maximumHiddenSize)
    let contextLength = try required("context_length", 1...Limits.maximumContext)
    let trainedLength = try TrainedLength(metadata, architecture).tokenCount
    guard let feedForwardSize = try uniform("feed_forward_length", 1...GGUFLimits.innerSize) else {
      throw metadata.missing(architecture.key("feed_forward_length"))
    }
    guard let queryHeads = try uniform("attention.head_count", 1...Limits.maximumHiddenSize) else {
      throw metadata.missing(architecture.key("attention.head_count"))
    }
    let keyValueHeads = try uniform("attention.head_count_kv", 1...Limits.maximumHiddenSize) ?? queryHeads
    guard queryHeads % keyValueHeads == 0 else {
      throw metadata.refusal(
        architecture.key("attention.head_count_kv"),
        "is \(keyValueHeads), which does not divide the \(queryHeads) query heads")
    }
    let headDimension = try Self.headDimension(
      metadata, architecture, hiddenSize: hiddenSize, headCount: queryHeads)
    let epsilonKey = architecture.key("attention.layer_norm_rms_epsilon")
    guard let epsilon = try metadata.positiveNumber(epsilonKey) else { throw metadata.missing(epsilonKey) }
    guard epsilon < 1, Float(epsilon) > 0 else {
      throw metadata.refusal(epsilonKey, "is \(epsilon) but must be a small positive number")
    }
    self.init(
      name: printable(try metadata.string("general.name") ?? architecture.name),
      architecture: architecture.name, layerCount: layerCount, hiddenSize: hiddenSize,
      feedForwardSize: feedForwardSize, queryHeadCount: queryHeads, keyValueHeadCount: keyValueHeads,
      headDimension: headDimension, vocabularySize: try Self.vocabularySize(file, architecture),
      trainedLength: trainedLength, normEpsilon: Float(epsilon),
      rope: try RopeConfiguration(
        file, architecture, headDimension: headDimension, contextLength: contextLength),
      hasTiedHead: !architecture.modelTensors.contains { $0.role == .head && file[$0.name] != nil })
  }

  private static func headDimension(
    _ metadata: Metadata, _ architecture: ArchitectureDescription, hiddenSize: Int, headCount: Int
  ) throws(CheckpointError) -> Int {
    let range = GGUFLimits.headDimension
    let key = architecture.key("attention.key_length")
    let dimension: Int
    if let stated = try metadata.integer(key, in: range) {
      dimension = stated
    } else {
      guard hiddenSize % headCount == 0, range.contains(hiddenSize / headCount) else {
        throw metadata.refusal(
          architecture.key("attention.head_count"),
          "is \(headCount), by which the width \(hiddenSize) cannot be divided into heads of "
            + "\(range.lowerBound) to \(range.upperBound)")
      }
      dimension = hiddenSize / headCount
    }
    guard headCount * dimension <= GGUFLimits.innerSize else {
      throw metadata.refusal(key, "makes all heads together wider than \(GGUFLimits.innerSize)")
    }
    let valueKey = architecture.key("attention.value_length")
    if let valueLength = try metadata.integer(valueKey, in: range), valueLength != dimension {
      throw .unsupported(
        metadata.fileName, valueKey,
        "is \(valueLength) where keys have \(dimension), which this version does not compute",
        remedy: "use a model whose keys and values are equally long")
    }
    return dimension
  }

  /// What the metadata says, else the number of tokens, else the embedding's rows. That the tensors agree is
  /// checked with their shapes.
  private static func vocabularySize(
    _ file: GGUFFile, _ architecture: ArchitectureDescription
  ) throws(CheckpointError) -> Int {
    let metadata = file.metadata
    let range = 1...Limits.maximumVocabularySize
    let tokenCount = try metadata.array(Metadata.tokensKey)?.count
    let key = architecture.key("vocab_size")
    if let stated = try metadata.integer(key, in: range) {
      if let tokenCount, tokenCount > stated {
        throw metadata.refusal(
          Metadata.tokensKey, "has \(tokenCount) entries, more than the vocabulary of \(stated)")
      }
      return stated
    }
    let embedding = architecture.modelTensors.first { $0.role == .embedding }.flatMap { file[$0.name] }
    guard let size = tokenCount ?? embedding?.dimensions.last else { throw metadata.missing(key) }
    guard range.contains(size) else {
      throw metadata.refusal(
        Metadata.tokensKey, "has \(size) entries but must have between 1 and \(range.upperBound)")
    }
    return size
  }

  /// Some keys would change what is computed. Ignoring one would give wrong text without a word.
  private static func refuseOtherArithmetic(
    _ metadata: Metadata, _ architecture: ArchitectureDescription
  ) throws(CheckpointError) {
    for neutral in architecture.neutralValues {
      let key = architecture.key(neutral.suffix)
      let value: Double?
      if case .bool(let flag) = metadata[key] {
        value = flag ? 1 : 0
      } else {
        value = try metadata.number(key)
      }
      guard let value, !neutral.values.contains(value) else { continue }
      throw .unsupported(
        metadata.fileName, key, "is \(value): \(neutral.meaning), which this version does not compute",
        remedy: "use a plain \(architecture.name) model")
    }
  }
}
