/// The rows of one sequence in a step: consecutive tokens whose keys are being appended and whose queries look back.
package struct AttentionEntry: Sendable {
  /// The sequence's cache, already extended over these tokens.
  package let cache: SequenceCache
  /// Index of its first row in the step's matrices.
  package let firstRow: Int
  package let rowCount: Int

  package init(cache: SequenceCache, firstRow: Int, rowCount: Int) {
    self.cache = cache
    self.firstRow = firstRow
    self.rowCount = rowCount
  }

  /// Position of the first row's token.
  var startPosition: Int { cache.length - rowCount }
}
