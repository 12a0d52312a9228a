package import Core
package import Paging

/// One stage on a compute device: its layers, its KV pages, and the embedding and the head where the stage has them.
///
/// The worker decides what is computed and when; a backend computes it. Where weights, pages and hidden states lie, and
/// in which layout, only the backend knows: host bytes go in and out, and sequences are `SequenceCache` values.
///
/// **Rows.** A backend has `facts.rowCapacity` rows of hidden states, `[rowCapacity, hiddenSize]` f32. A step fills
/// them from row 0 on with `embed` or `write`, `forward` replaces them in place, `read` and `logits` take them out.
/// They stay until the next step fills them.
///
/// **Errors.** A method throws when its device fails. The step is lost then, and with it what the step wrote.
///
/// Confined to a worker's compute thread.
package protocol StageBackend: AnyObject {
  var facts: StageFacts { get }

  /// Fills the rows from `row` on with the embeddings of `tokens`, whose ids are in the vocabulary. First stage only.
  func embed(_ tokens: [TokenID], row: Int) throws

  /// Fills the rows from `row` on with `hiddenStates`: whole rows, in the host's byte order, at any alignment.
  /// - Parameter tokens: one a row, whose ids are in the vocabulary: some models' layers look them up, too.
  func write(_ hiddenStates: UnsafeRawBufferPointer, of tokens: [TokenID], row: Int) throws

  /// Runs the entries' rows through the layers and stores their keys and values.
  /// - Parameters:
  ///   - entries: cover the rows from 0 on, in order and without gaps, each another sequence. Their caches are already
  ///     extended over the rows.
  ///   - progress: called after each layer.
  func forward(_ entries: [CacheEntry], progress: () -> Void) throws

  /// Copies rows to `target`, which has exactly their bytes.
  func read(_ rows: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws

  /// Whether all numbers of these rows are finite.
  func isFinite(_ rows: Range<Int>) throws -> Bool

  /// Copies rows to `target`, which has exactly their bytes, with the norm that precedes the head. Last stage only.
  func finish(_ rows: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws

  /// Runs the head over `rows`, in any number and order. Last stage only.
  /// - Parameter body: given each row's index in `rows`, in order, and its `vocabularySize` logits, which are valid
  ///   during the call; nil where some are not finite.
  func logits(of rows: [Int], _ body: (_ index: Int, _ logits: UnsafeBufferPointer<Float>?) -> Void) throws

  /// Derives the neighbor keys of these key blocks from the stored keys, bit for bit, after the cache was truncated.
  func restoreNeighborKeys(of cache: SequenceCache, blocks: Range<Int>) throws

  /// Whether the stage can compute at all. False, after an error, asks for it to be loaded again.
  var isIntact: Bool { get }

  /// Whether `idle` has anything to do.
  var hasIdleWork: Bool { get }

  /// Takes about `duration` between two steps for work that makes later steps faster and changes no result.
  /// - Parameter progress: called after each piece of it.
  func idle(for duration: Duration, progress: () -> Void)
}
