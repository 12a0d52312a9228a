/// A decoder-only transformer as a list of layers between an embedding and a head, as its checkpoint describes it.
/// Immutable and validated by its reader: counts are positive, query heads are a multiple of key-value heads, the
/// vocabulary is not empty.
package struct ModelConfiguration: Hashable, Sendable {
  /// Name for people, from the checkpoint.
  package var name: String
  /// The checkpoint's word for its family, for example `llama`.
  package var architecture: String
  /// Width of the hidden states.
  package var hiddenSize: Int
  package var vocabularySize: Int
  /// Tokens the model was trained to read at once, rope scaling of the checkpoint included.
  package var trainedLength: Int
  /// At least one. Layers may differ in anything but the width of the hidden states.
  package var layers: [LayerShape]
  /// The norm before the head.
  package var outputNorm: NormKind
  /// Whether the output head is the embedding table.
  package var hasTiedHead: Bool
  /// Multiplies the embedding of a token.
  package var embeddingScale: Float
  /// Multiplies logits.
  package var logitScale: Float
  /// Bounds logits: `logitCap * tanh(logit / logitCap)`, after their scale; nil leaves them as they are.
  package var logitCap: Float?

  package init(
    name: String, architecture: String, hiddenSize: Int, vocabularySize: Int, trainedLength: Int,
    layers: [LayerShape], outputNorm: NormKind, hasTiedHead: Bool, embeddingScale: Float = 1, logitScale: Float = 1,
    logitCap: Float? = nil
  ) {
    self.name = name
    self.architecture = architecture
    self.hiddenSize = hiddenSize
    self.vocabularySize = vocabularySize
    self.trainedLength = trainedLength
    self.layers = layers
    self.outputNorm = outputNorm
    self.hasTiedHead = hasTiedHead
    self.embeddingScale = embeddingScale
    self.logitScale = logitScale
    self.logitCap = logitCap
  }

  package var layerCount: Int { layers.count }

  /// Whether tokens give layers numbers of their own, for which every stage looks tokens up.
  package var hasPerLayerInputs: Bool { layers.contains { $0.perLayerInputSize > 0 } }

  /// The layers with which a stage may begin, the first among them: those from which on no layer attends to keys of
  /// layers before.
  package var stageStarts: [Int] {
    var starts: [Int] = []
    var firstNeeded = layerCount
    for layer in layers.indices.reversed() {
      firstNeeded = min(firstNeeded, layer - (layers[layer].attention.keySourceDistance ?? 0))
      if firstNeeded == layer { starts.append(layer) }
    }
    return starts.reversed()
  }

  /// Stages that its layers can be divided into.
  package var maximumStageCount: Int { stageStarts.count }
}

extension ModelConfiguration {
  /// A model whose layers are all alike: pre-norm, RMS norms, a feed-forward part gated by SiLU.
  package init(
    name: String, architecture: String, layerCount: Int, hiddenSize: Int, feedForwardSize: Int, queryHeadCount: Int,
    keyValueHeadCount: Int, headDimension: Int, vocabularySize: Int, trainedLength: Int, normEpsilon: Float,
    rope: RopeConfiguration, hasTiedHead: Bool
  ) {
    let layer = LayerShape(
      attention: AttentionShape(
        queryHeadCount: queryHeadCount, keyValueHeadCount: keyValueHeadCount, headDimension: headDimension, rope: rope),
      feedForward: .gated(size: feedForwardSize, .silu), norm: .rms(epsilon: normEpsilon))
    self.init(
      name: name, architecture: architecture, hiddenSize: hiddenSize, vocabularySize: vocabularySize,
      trainedLength: trainedLength, layers: Array(repeating: layer, count: layerCount),
      outputNorm: .rms(epsilon: normEpsilon), hasTiedHead: hasTiedHead)
  }
}
