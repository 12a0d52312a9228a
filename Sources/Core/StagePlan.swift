/// What one worker holds: its layers and what they cost there.
package struct StagePlacement: Hashable, Sendable {
  /// The worker's name.
  package var worker: String
  package var layers: LayerRange
  /// The first stage turns ids into hidden states.
  package var hasEmbedding: Bool
  /// The last stage has the final norm, the head and the sampler.
  package var hasHead: Bool
  package var weightByteCount: Int
  /// KV pages of these layers at the planned context, all sequences together.
  package var kvByteCount: Int

  package init(
    worker: String, layers: LayerRange, hasEmbedding: Bool, hasHead: Bool, weightByteCount: Int, kvByteCount: Int
  ) {
    self.worker = worker
    self.layers = layers
    self.hasEmbedding = hasEmbedding
    self.hasHead = hasHead
    self.weightByteCount = weightByteCount
    self.kvByteCount = kvByteCount
  }
}

/// The bytes of a checkpoint's parts, as stored: what a planner needs to know of its weights.
package struct WeightFootprint: Hashable, Sendable {
  /// One a layer: bytes to hold.
  package var layerByteCounts: [Int]
  /// One a layer: bytes that one token is multiplied with.
  package var activeLayerByteCounts: [Int]
  package var embeddingByteCount: Int
  /// Head weights; those of the embedding when they are tied.
  package var headByteCount: Int

  /// - Parameter activeLayerByteCounts: nil where a token is multiplied with all of a layer.
  package init(
    layerByteCounts: [Int], activeLayerByteCounts: [Int]? = nil, embeddingByteCount: Int, headByteCount: Int
  ) {
    self.layerByteCounts = layerByteCounts
    self.activeLayerByteCounts = activeLayerByteCounts ?? layerByteCounts
    self.embeddingByteCount = embeddingByteCount
    self.headByteCount = headByteCount
  }
}
