import Core

extension ModelFields {
  /// A model of these layers by the keys that most families share.
  /// - Parameter norm: of the hidden states before the head.
  func model(layers: [LayerShape], outputNorm: NormKind) throws(CheckpointError) -> ModelConfiguration {
    ModelConfiguration(
      name: printable(statedName ?? family), architecture: family,
      hiddenSize: try hiddenSize(), vocabularySize: try vocabularySize(),
      trainedLength: try TrainedLength(self).tokenCount, layers: layers, outputNorm: outputNorm,
      hasTiedHead: file[TensorName.head] == nil)
  }

  /// A name decides nothing, so a damaged one is shown as it is, and one that is no text is none.
  private var statedName: String? {
    switch metadata["general.name"] {
    case .string(let name), .repairedString(let name): name.isEmpty ? nil : name
    case nil, .unsigned, .signed, .float, .bool, .array, .nestedArray: nil
    }
  }

  /// A model of pre-norm layers with RMS norms and a feed-forward part gated by SiLU.
  /// - Parameters:
  ///   - normalizesHeads: whether each query and key head has an RMS norm before RoPE.
  ///   - experts: of every layer, in place of one feed-forward part.
  func gatedModel(
    ropeLayout: RopeConfiguration.Layout, normalizesHeads: Bool = false, experts: ExpertsShape? = nil
  ) throws(CheckpointError) -> ModelConfiguration {
    let norm = NormKind.rms(epsilon: try epsilon(.rmsEpsilon))
    let layers = try gatedLayers(
      norm: norm, ropeLayout: ropeLayout, queryKeyNorm: normalizesHeads ? .heads(norm) : nil, experts: experts)
    return try model(layers: layers, outputNorm: norm)
  }

  /// Pre-norm layers with a gated feed-forward part, or with experts in its place.
  func gatedLayers(
    norm: NormKind, ropeLayout: RopeConfiguration.Layout, queryKeyNorm: QueryKeyNorm? = nil,
    activation: Activation = .silu, experts: ExpertsShape? = nil
  ) throws(CheckpointError) -> [LayerShape] {
    let parts: [FeedForwardShape]
    if let experts {
      parts = Array(repeating: .experts(experts), count: try layerCount())
    } else {
      parts = try feedForwardSizes().map { .gated(size: $0, activation) }
    }
    return try layers(parts, norm: norm, ropeLayout: ropeLayout, queryKeyNorm: queryKeyNorm)
  }

  /// Pre-norm layers with a feed-forward part without gate.
  func ungatedLayers(
    norm: NormKind, ropeLayout: RopeConfiguration.Layout, gelu: GELU = .tanh
  ) throws(CheckpointError) -> [LayerShape] {
    let parts = try feedForwardSizes().map { FeedForwardShape.ungated(size: $0, gelu) }
    return try layers(parts, norm: norm, ropeLayout: ropeLayout, queryKeyNorm: nil)
  }

  private func layers(
    _ parts: [FeedForwardShape], norm: NormKind, ropeLayout: RopeConfiguration.Layout, queryKeyNorm: QueryKeyNorm?
  ) throws(CheckpointError) -> [LayerShape] {
    let attention = try attentionShapes(
      layerCount: parts.count, ropeLayout: ropeLayout, queryKeyNorm: queryKeyNorm)
    return zip(attention, parts).map { LayerShape(attention: $0, feedForward: $1, norm: norm) }
  }

  private func layerCount() throws(CheckpointError) -> Int {
    let first = passedOverLayerCount + 1
    return try required(.layerCount, in: first...first + Limits.maximumLayerCount - 1) - passedOverLayerCount
  }

  /// Of each layer.
  func feedForwardSizes() throws(CheckpointError) -> [Int] {
    let sizes = try integers(.feedForwardSize, layerCount: try layerCount(), in: 1...GGUFLimits.innerSize)
    guard let sizes else { throw metadata.missing(key(.feedForwardSize)) }
    return sizes
  }

  func hiddenSize() throws(CheckpointError) -> Int { try required(.hiddenSize, in: 1...Limits.maximumHiddenSize) }

  /// What a norm adds before its root.
  func epsilon(_ key: ModelKey) throws(CheckpointError) -> Float {
    guard let epsilon = try positiveNumber(key) else { throw metadata.missing(self.key(key)) }
    guard epsilon < 1, Float(epsilon) > 0 else {
      throw metadata.refusal(self.key(key), "is \(epsilon) but must be a small positive number")
    }
    return Float(epsilon)
  }

  /// Every layer's attention; heads may differ from layer to layer.
  func attentionShapes(
    layerCount: Int, ropeLayout: RopeConfiguration.Layout, queryKeyNorm: QueryKeyNorm? = nil
  ) throws(CheckpointError) -> [AttentionShape] {
    let heads = 1...Limits.maximumHiddenSize
    guard let queryHeads = try integers(.queryHeadCount, layerCount: layerCount, in: heads) else {
      throw metadata.missing(key(.queryHeadCount))
    }
    let keyValueHeads = try integers(.keyValueHeadCount, layerCount: layerCount, in: heads) ?? queryHeads
    // Rope factors are a tensor: read once for all layers with heads of one size.
    var ropes: [Int: RopeConfiguration] = [:]
    var shapes: [AttentionShape] = []
    for (queryCount, keyCount) in zip(queryHeads, keyValueHeads) {
      guard queryCount % keyCount == 0 else {
        throw metadata.refusal(
          key(.keyValueHeadCount), "is \(keyCount), which does not divide the \(queryCount) query heads")
      }
      let dimension = try headDimension(headCount: queryCount)
      let known = ropes[dimension]
      let rope = if let known { known } else { try rope(headDimension: dimension, layout: ropeLayout) }
      ropes[dimension] = rope
      shapes.append(
        AttentionShape(
          queryHeadCount: queryCount, keyValueHeadCount: keyCount, headDimension: dimension, rope: rope,
          queryKeyNorm: queryKeyNorm))
    }
    return shapes
  }

  /// Whether the first layer has a tensor: what metadata do not say of some families.
  func firstLayerHas(_ name: String) -> Bool { file[Architecture.layerPrefix(0) + name] != nil }

  private func headDimension(headCount: Int) throws(CheckpointError) -> Int {
    let range = GGUFLimits.headDimension
    let hiddenSize = try hiddenSize()
    let dimension: Int
    if let stated = try integer(.keyLength, in: range) {
      dimension = stated
    } else {
      guard hiddenSize % headCount == 0, range.contains(hiddenSize / headCount) else {
        throw metadata.refusal(
          key(.queryHeadCount),
          "is \(headCount), by which the width \(hiddenSize) cannot be divided into heads of "
            + "\(range.lowerBound) to \(range.upperBound)")
      }
      dimension = hiddenSize / headCount
    }
    guard headCount * dimension <= GGUFLimits.innerSize else {
      throw metadata.refusal(key(.keyLength), "makes all heads together wider than \(GGUFLimits.innerSize)")
    }
    if let valueLength = try integer(.valueLength, in: range), valueLength != dimension {
      throw .unsupported(
        metadata.fileName, key(.valueLength),
        "is \(valueLength) where keys have \(dimension), which this version does not compute",
        remedy: "use a model whose keys and values are equally long")
    }
    return dimension
  }

  /// What the metadata says, else the number of tokens, else the embedding's rows. That the tensors agree is
  /// checked with their shapes.
  private func vocabularySize() throws(CheckpointError) -> Int {
    let range = 1...Limits.maximumVocabularySize
    let tokenCount = try metadata.array(Metadata.tokensKey)?.count
    if let stated = try integer(.vocabularySize, in: range) {
      if let tokenCount, tokenCount > stated {
        throw metadata.refusal(
          Metadata.tokensKey, "has \(tokenCount) entries, more than the vocabulary of \(stated)")
      }
      return stated
    }
    guard let size = tokenCount ?? file[TensorName.embedding]?.dimensions.last else {
      throw metadata.missing(key(.vocabularySize))
    }
    guard range.contains(size) else {
      throw metadata.refusal(
        Metadata.tokensKey, "has \(size) entries but must have between 1 and \(range.upperBound)")
    }
    return size
  }
}
