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
