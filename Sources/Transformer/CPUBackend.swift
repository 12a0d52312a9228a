package import Backend
package import Core
package import Paging
package import Tensors
package import Weights

/// A stage on the processors of this machine.
package final class CPUBackend: StageBackend {
  package let facts: StageFacts
  private let stage: PipelineStage

  /// Allocates the stage's cache and its step's buffers.
  /// - Parameter weights: those of the specification's layers.
  /// - Throws: `AllocationError` when memory is short.
  package init(
    _ specification: StageSpecification, configuration: ModelConfiguration, weights: StageWeights, pool: ComputePool
  ) throws {
    stage = try PipelineStage(
      configuration: configuration, weights: weights, pageCount: specification.pageCount,
      kvElementType: specification.kvElementType, attention: specification.attention,
      contextLength: specification.contextLength,
      rowCapacity: specification.rowCapacity, pool: pool)
    facts = StageFacts(
      hiddenSize: configuration.hiddenSize, vocabularySize: configuration.vocabularySize,
      rowCapacity: specification.rowCapacity, weightByteCount: weights.byteCount, kvByteCount: stage.kvByteCount)
  }

  package func embed(_ tokens: [TokenID], row: Int) {
    for (offset, token) in tokens.enumerated() { stage.embed(token, row: row + offset) }
  }

  package func write(_ hiddenStates: UnsafeRawBufferPointer, of tokens: [TokenID], row: Int) {
    precondition(hiddenStates.count % facts.rowByteCount == 0, "hidden states are not whole rows")
    bytes(of: row..<row + hiddenStates.count / facts.rowByteCount).copyMemory(from: hiddenStates)
    for (offset, token) in tokens.enumerated() { stage.take(token, row: row + offset) }
  }

  package func forward(_ entries: [CacheEntry], progress: () -> Void) throws {
    stage.forward(entries: entries, rows: entries.last?.rows.upperBound ?? 0, progress: progress)
    try stage.requireIntact()
  }

  package func read(_ rows: Range<Int>, into target: UnsafeMutableRawBufferPointer) {
    let source = bytes(of: rows)
    precondition(target.count == source.count, "the target has not the rows' size")
    target.copyMemory(from: UnsafeRawBufferPointer(source))
  }

  private func bytes(of rows: Range<Int>) -> UnsafeMutableRawBufferPointer {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= facts.rowCapacity, "rows out of the step")
    return UnsafeMutableRawBufferPointer(
      start: stage.hidden + rows.lowerBound * facts.hiddenSize, count: rows.count * facts.rowByteCount)
  }

  package func isFinite(_ rows: Range<Int>) -> Bool { stage.isFinite(rows) }

  package func finish(_ rows: Range<Int>, into target: UnsafeMutableRawBufferPointer) {
    precondition(target.count == rows.count * facts.rowByteCount, "the target has not the rows' size")
    target.withMemoryRebound(to: Float.self) { target in
      for (index, row) in rows.enumerated() {
        guard let place = target.baseAddress else { return }
        stage.finish(row: row, into: place + index * facts.hiddenSize)
      }
    }
  }

  package func logits(of rows: [Int], _ body: (_ index: Int, _ logits: UnsafeBufferPointer<Float>?) -> Void) throws {
    for start in stride(from: 0, to: rows.count, by: PipelineStage.logitRowCapacity) {
      let group = rows[start..<min(start + PipelineStage.logitRowCapacity, rows.count)]
      let logits = stage.logits(rows: group)
      try stage.requireIntact()
      for index in group.indices {
        let row = UnsafeBufferPointer(
          start: logits + (index - start) * facts.vocabularySize, count: facts.vocabularySize)
        body(index, PipelineStage.isFinite(row) ? row : nil)
      }
    }
  }

  package func restoreNeighborKeys(of cache: SequenceCache, blocks: Range<Int>) {
    stage.restoreNeighborKeys(of: cache, blocks: blocks)
  }

  package var isIntact: Bool { stage.isIntact }

  /// Weights that were left in the file because memory was slow: until they are packed, steps pack as they go.
  package var hasIdleWork: Bool { !stage.isPacked }

  package func idle(for duration: Duration, progress: () -> Void) { stage.packMore(for: duration, progress: progress) }
}
