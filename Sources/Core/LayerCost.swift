/// What one layer's weights cost the worker that has it.
package struct LayerCost: Hashable, Sendable {
  /// Bytes that the worker holds.
  package var weightByteCount: Int
  /// Bytes that a token of a prompt is multiplied with. They are fewer than the worker holds where a token is given to
  /// some of a layer's experts.
  package var prefillByteCount: Int
  /// Bytes that are read to decode one token.
  package var decodeByteCount: Int

  package init(weightByteCount: Int, prefillByteCount: Int, decodeByteCount: Int) {
    self.weightByteCount = weightByteCount
    self.prefillByteCount = prefillByteCount
    self.decodeByteCount = decodeByteCount
  }

  /// A layer all of whose weights every token is multiplied with.
  package init(weightByteCount: Int) {
    self.init(weightByteCount: weightByteCount, prefillByteCount: weightByteCount, decodeByteCount: weightByteCount)
  }
}

/// The bytes of a checkpoint's parts, as stored: what a planner needs to know of its weights.
package struct WeightFootprint: Hashable, Sendable {
  package var layers: [LayerCost]
  package var embeddingByteCount: Int
  /// Head weights; those of the embedding when they are tied.
  package var headByteCount: Int

  package init(layers: [LayerCost], embeddingByteCount: Int, headByteCount: Int) {
    self.layers = layers
    self.embeddingByteCount = embeddingByteCount
    self.headByteCount = headByteCount
  }

  /// Of layers all of whose weights every token is multiplied with.
  package init(layerByteCounts: [Int], embeddingByteCount: Int, headByteCount: Int) {
    self.init(
      layers: layerByteCounts.map { LayerCost(weightByteCount: $0) }, embeddingByteCount: embeddingByteCount,
      headByteCount: headByteCount)
  }

  /// Bytes of all layers.
  package var layerByteCount: Int { layers.reduce(0) { $0 + $1.weightByteCount } }
}
