import Attention
import Fixtures
import Core
import Paging
import Tensors

/// Random heads of one sequence, and a way to run them through the paged attention in any chunks.
struct AttentionCase {
  var shape: AttentionShape
  var policy: PositionPolicy
  let length: Int
  /// `[length, queryHeadCount * headDimension]` and `[length, keyValueHeadCount * headDimension]`.
  var queries: [Float]
  var keys: [Float]
  var values: [Float]
  /// How it is computed.
  var arithmetic = AttentionArithmetic.exact

  init(
    length: Int, groupSize: Int, window: Int, queryHeads: Int = 2, keyValueHeads: Int = 1, headDimension: Int = 8,
    rotaryDimension: Int? = nil, layout: RopeConfiguration.Layout = .interleaved,
    scaling: RopeConfiguration.Scaling = .none, seed: UInt64 = 1
  ) {
    shape = AttentionShape(
      queryHeadCount: queryHeads, keyValueHeadCount: keyValueHeads, headDimension: headDimension,
      rope: RopeConfiguration(
        base: 10_000, rotaryDimension: rotaryDimension ?? headDimension, layout: layout, scaling: scaling))
    guard let policy = PositionPolicy(groupSize: groupSize, neighborWindow: window, trainedLength: 64) else {
      preconditionFailure("the case's policy is out of range")
    }
    self.policy = policy
    self.length = length
    var generator = SeededGenerator(seed: seed)
    func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -2...2, using: &generator) } }
    queries = numbers(length * queryHeads * headDimension)
    keys = numbers(length * keyValueHeads * headDimension)
    values = numbers(length * keyValueHeads * headDimension)
  }

  /// Output `[length, queryHeadCount * headDimension]` when the sequence is read in chunks of the given sizes.
  /// `nodes`: the memory node of each thread, instead of `threads` on one node. `cut`: once that far, the cache is cut
  /// back to a length and the rest is read again, in chunks of the last size.
  func run(
    chunks: [Int], threads: Int = 1, nodes: [Int]? = nil, kv: KVElementType = .f32,
    cut: (at: Int, back: Int)? = nil
  ) throws -> [Float] {
    let pool = try nodes.map { try ComputePool(threadCount: $0.count, nodes: $0) } ?? ComputePool(threadCount: threads)
    let largest = chunks.max() ?? 1
    let neighborCount = PageCount.ofRing(policy: policy, chunkTokenCount: largest)
    let pageCount = PageCount.of(tokens: length) + neighborCount
    let store = try KVPageStore(
      layers: [shape], elementType: kv, pageCount: pageCount,
      isNodeLocal: pool.nodeCount > 1)
    let attention = try SelfExtendAttention(
      layers: [shape], store: store, contextLength: length, arithmetic: arithmetic, pool: pool)
    // Ids are handed out from the top, so that a page is never where its index would put it.
    var ids = (0..<UInt32(pageCount)).map { PageID($0) }
    var cache = SequenceCache(policy: policy, neighborPages: (0..<neighborCount).map { _ in ids.removeLast() })
    var output = [Float](repeating: .nan, count: queries.count)
    let (querySize, keySize) = (shape.querySize, shape.keyValueSize)
    var start = 0
    var (given, left, cut) = ([PageID](), chunks[...], cut)
    while start < length {
      let chunk = min(left.first ?? 1, length - start)
      if left.count > 1 { left.removeFirst() }
      let missing = PageCount.of(tokens: start + chunk) - PageCount.of(tokens: start)
      let pages = (0..<missing).map { _ in ids.removeLast() }
      given += pages
      if let refusal = cache.extend(start: start, tokenCount: chunk, newPages: pages) { throw refusal }
      let entry = CacheEntry(cache: cache, firstRow: 0, rowCount: chunk)
      queries.withUnsafeBufferPointer { q in
        keys.withUnsafeBufferPointer { k in
          values.withUnsafeBufferPointer { v in
            output.withUnsafeMutableBufferPointer { o in
              attention.attend(
                layer: 0, entries: [entry], queries: q.baseAddress! + start * querySize,
                keys: k.baseAddress! + start * keySize, values: v.baseAddress! + start * keySize,
                output: o.baseAddress! + start * querySize)
            }
          }
        }
      }
      start += chunk
      if let now = cut, start >= now.at {
        cut = nil
        let blocks = cache.truncate(to: now.back)
        attention.restoreNeighborKeys(of: cache, blocks: blocks)
        while given.count > PageCount.of(tokens: now.back) { ids.append(given.removeLast()) }
        start = now.back
      }
    }
    return output
  }

  /// The same by definition, in double precision.
  func oracle() -> [Float] {
    func heads(_ numbers: [Float], count: Int) -> [[[Double]]] {
      (0..<length).map { token in
        (0..<count).map { head in
          let first = (token * count + head) * shape.headDimension
          return numbers[first..<first + shape.headDimension].map(Double.init)
        }
      }
    }
    let scaled = NaiveAttention.attend(
      queries: heads(queries, count: shape.queryHeadCount),
      keys: heads(keys, count: shape.keyValueHeadCount),
      values: heads(values, count: shape.keyValueHeadCount), policy: policy, shape: shape)
    return scaled.flatMap { $0.flatMap { $0.map(Float.init) } }
  }

  /// Random chunk sizes that cover the sequence.
  func randomChunks(largest: Int, seed: UInt64) -> [Int] {
    var generator = SeededGenerator(seed: seed)
    var (left, chunks) = (length, [Int]())
    while left > 0 {
      let chunk = min(left, Int.random(in: 1...largest, using: &generator))
      chunks.append(chunk)
      left -= chunk
    }
    return chunks
  }
}
