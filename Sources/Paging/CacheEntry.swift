/// The rows of one sequence in a step: consecutive tokens whose keys are appended and whose queries look back.
package struct CacheEntry: Sendable {
  /// The sequence's cache, already extended over these tokens.
  package let cache: SequenceCache
  /// Index of the entry's first row among the step's rows.
  package let firstRow: Int
  package let rowCount: Int

  package init(cache: SequenceCache, firstRow: Int, rowCount: Int) {
    self.cache = cache
    self.firstRow = firstRow
    self.rowCount = rowCount
  }

  /// Position of the first row's token.
  package var startPosition: Int { cache.length - rowCount }
  /// The entry's rows among the step's.
  package var rows: Range<Int> { firstRow..<firstRow + rowCount }
}
