/// What does not change about a stage once it is loaded.
package struct StageFacts: Hashable, Sendable {
  /// Width of the hidden states.
  package let hiddenSize: Int
  package let vocabularySize: Int
  /// Rows a step may have.
  package let rowCapacity: Int
  /// Bytes of the stage's tensors in the checkpoint, each counted once.
  package let weightByteCount: Int
  /// Bytes of the stage's KV pages.
  package let kvByteCount: Int

  package init(hiddenSize: Int, vocabularySize: Int, rowCapacity: Int, weightByteCount: Int, kvByteCount: Int) {
    self.hiddenSize = hiddenSize
    self.vocabularySize = vocabularySize
    self.rowCapacity = rowCapacity
    self.weightByteCount = weightByteCount
    self.kvByteCount = kvByteCount
  }

  /// Bytes of one row of hidden states.
  package var rowByteCount: Int { hiddenSize * MemoryLayout<Float>.size }
}
