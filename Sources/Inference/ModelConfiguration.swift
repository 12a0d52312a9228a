/// The shape of a decoder-only transformer, as its checkpoint describes it. Immutable and validated by its reader:
/// counts are positive, query heads are a multiple of key-value heads, the vocabulary is not empty.
package struct ModelConfiguration: Hashable, Sendable {
  /// Name for people, from the checkpoint.
  package var name: String
  /// The checkpoint's word for its family, for example `llama`.
  package var architecture: String
  package var layerCount: Int
  /// Width of the hidden states.
  package var hiddenSize: Int
  package var feedForwardSize: Int
  package var queryHeadCount: Int
  package var keyValueHeadCount: Int
  /// Numbers in a query, key or value head.
  package var headDimension: Int
  package var vocabularySize: Int
  /// Tokens the model was trained to read at once, rope scaling of the checkpoint included.
  package var trainedLength: Int
  package var normEpsilon: Float
  package var rope: RopeConfiguration
  /// Whether the output head is the embedding table.
  package var hasTiedHead: Bool

  package init(
    name: String, architecture: String, layerCount: Int, hiddenSize: Int, feedForwardSize: Int, queryHeadCount: Int,
    keyValueHeadCount: Int, headDimension: Int, vocabularySize: Int, trainedLength: Int, normEpsilon: Float,
    rope: RopeConfiguration, hasTiedHead: Bool
  ) {
    self.name = name
    self.architecture = architecture
    self.layerCount = layerCount
    self.hiddenSize = hiddenSize
    self.feedForwardSize = feedForwardSize
    self.queryHeadCount = queryHeadCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headDimension = headDimension
    self.vocabularySize = vocabularySize
    self.trainedLength = trainedLength
    self.normEpsilon = normEpsilon
    self.rope = rope
    self.hasTiedHead = hasTiedHead
  }

  /// Query heads that share one key-value head.
  package var queryHeadsPerKeyValueHead: Int { queryHeadCount / keyValueHeadCount }
  /// Width of all keys (or values) of one token in one layer.
  package var keyValueSize: Int { keyValueHeadCount * headDimension }
  /// Width of all queries of one token.
  package var querySize: Int { queryHeadCount * headDimension }
}
