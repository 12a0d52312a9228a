/// What one layer's weights cost the worker that has it.
package struct LayerCost: Hashable, Sendable {
  /// Bytes that the worker holds.
  package var weightByteCount: Int
  /// Those of experts that a token is given to only some of.
  package var expertByteCount: Int
  /// Bytes that are read to decode one token. They are fewer than the worker holds where a token is given to some of a
  /// layer's experts.
  package var decodeByteCount: Int
  /// Weights that a token is multiplied with.
  package var products: ProductCount

  package init(weightByteCount: Int, expertByteCount: Int, decodeByteCount: Int, products: ProductCount) {
    self.weightByteCount = weightByteCount
    self.expertByteCount = expertByteCount
    self.decodeByteCount = decodeByteCount
    self.products = products
  }

  /// A layer all of whose weights every token is multiplied with, each an integer of one byte.
  package init(weightByteCount: Int) {
    self.init(
      weightByteCount: weightByteCount, expertByteCount: 0, decodeByteCount: weightByteCount,
      products: ProductCount(integers: weightByteCount, floats: 0))
  }
}

/// Weights that a token is multiplied with, by the arithmetic that multiplies them.
package struct ProductCount: Hashable, Sendable {
  /// Of quantized matrices: integers under scales.
  package var integers: Int
  package var floats: Int

  package init(integers: Int, floats: Int) {
    self.integers = integers
    self.floats = floats
  }
}

/// The bytes of a checkpoint's parts, as stored: what a planner needs to know of its weights.
package struct WeightFootprint: Hashable, Sendable {
  package var layers: [LayerCost]
  package var embeddingByteCount: Int
  /// What every stage holds beside its layers, the embedding in it, where layers have inputs of their own; else 0.
  package var perStageByteCount: Int
  /// Head weights; those of the embedding when they are tied.
  package var headByteCount: Int
  /// Weights that a row of logits is multiplied with.
  package var headProducts: ProductCount

  package init(
    layers: [LayerCost], embeddingByteCount: Int, perStageByteCount: Int = 0, headByteCount: Int,
    headProducts: ProductCount
  ) {
    self.layers = layers
    self.embeddingByteCount = embeddingByteCount
    self.perStageByteCount = perStageByteCount
    self.headByteCount = headByteCount
    self.headProducts = headProducts
  }

  /// Of layers all of whose weights every token is multiplied with, each an integer of one byte, as those of the head.
  package init(layerByteCounts: [Int], embeddingByteCount: Int, headByteCount: Int) {
    self.init(
      layers: layerByteCounts.map { LayerCost(weightByteCount: $0) }, embeddingByteCount: embeddingByteCount,
      headByteCount: headByteCount, headProducts: ProductCount(integers: headByteCount, floats: 0))
  }

  /// Bytes of all layers.
  package var layerByteCount: Int { layers.reduce(0) { $0 + $1.weightByteCount } }
}
