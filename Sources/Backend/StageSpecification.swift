package import Core

/// What a stage is to hold: its part of the model, and room for pages and steps.
package struct StageSpecification: Hashable, Sendable {
  package var layers: LayerRange
  /// Whether it turns token ids into hidden states.
  package var hasEmbedding: Bool
  /// Whether it turns hidden states into logits.
  package var hasHead: Bool
  package var kvElementType: KVElementType
  package var attention: AttentionArithmetic
  /// KV pages of every layer; ids are below it.
  package var pageCount: Int
  /// Positions a sequence may reach.
  package var contextLength: Int
  /// Rows a step may have.
  package var rowCapacity: Int

  package init(
    layers: LayerRange, hasEmbedding: Bool, hasHead: Bool, kvElementType: KVElementType,
    attention: AttentionArithmetic = .exact, pageCount: Int,
    contextLength: Int, rowCapacity: Int
  ) {
    self.layers = layers
    self.hasEmbedding = hasEmbedding
    self.hasHead = hasHead
    self.kvElementType = kvElementType
    self.attention = attention
    self.pageCount = pageCount
    self.contextLength = contextLength
    self.rowCapacity = rowCapacity
  }
}
