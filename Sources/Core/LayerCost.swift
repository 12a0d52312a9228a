/// What one layer costs the worker that has it: all that planning needs to know of a layer.
package struct LayerCost: Hashable, Sendable {
  /// Bytes of weights that the worker holds.
  package var weightByteCount: Int
  /// Bytes of weights that one token is multiplied with. They are fewer than the worker holds where a token is given to
  /// some of a layer's experts.
  package var activeByteCount: Int
  /// Bytes of one KV page of the layer.
  package var kvPageByteCount: Int

  package init(weightByteCount: Int, activeByteCount: Int, kvPageByteCount: Int) {
    self.weightByteCount = weightByteCount
    self.activeByteCount = activeByteCount
    self.kvPageByteCount = kvPageByteCount
  }
}

extension WeightFootprint {
  /// The costs of a model's layers, whose footprint this is, with a cache of this type.
  package func layerCosts(of model: ModelConfiguration, elementType: KVElementType) -> [LayerCost] {
    model.layers.indices.map { layer in
      LayerCost(
        weightByteCount: layerByteCounts[layer], activeByteCount: activeLayerByteCounts[layer],
        kvPageByteCount: KVGeometry(attention: model.layers[layer].attention, elementType: elementType).pageByteCount)
    }
  }
}
