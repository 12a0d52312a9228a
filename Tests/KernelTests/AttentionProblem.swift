import CKernels
import Foundation

/// Keys and values of one head in blocks, with queries in both views, for tests of attention.
struct AttentionProblem {
  let type: lh_type
  let head, stride, keyCount: Int
  let window: Int
  /// How many keys a row sees at most; 0 is all.
  var span = 0
  /// Bounds scores; 0 does not.
  var cap: Float = 0
  /// Whether it runs by `lh_attention_fast_tile`.
  var isFast = false
  var positions: [Int64]
  var groupedQueries, neighborQueries: [Float]
  /// Decoded, [key][head].
  private(set) var groupedKeys: [[Float]] = [], neighborKeys: [[Float]] = [], values: [[Float]] = []
  var groupedBlocks: [[UInt8]] = [], neighborBlocks: [[UInt8]] = [], valueBlocks: [[UInt8]] = []

  /// Random contents. What lies behind the last key of the last block is a large finite number.
  init(_ type: lh_type, head: Int, keyCount: Int, window: Int, positions: [Int64], seed: UInt64) {
    (self.type, self.head, self.keyCount, self.window, self.positions) = (
      type, head, keyCount, window, positions
    )
    stride = (head + 15) / 16 * 16
    var numbers = Numbers(seed)
    groupedQueries = numbers.floats(positions.count * head)
    neighborQueries = numbers.floats(positions.count * head)
    let keyBytes = keyBlockByteCount(type, head), valueBytes = valueBlockByteCount(type, stride)
    for base in Swift.stride(from: 0, to: keyCount, by: 64) {
      var grouped = [UInt8](repeating: 0x45, count: keyBytes)
      var neighbor = grouped
      var value = [UInt8](repeating: 0x45, count: valueBytes)
      for slot in 0..<min(64, keyCount - base) {
        lh_store_key(type, numbers.floats(head), &grouped, Int64(head), Int64(slot))
        lh_store_key(type, numbers.floats(head), &neighbor, Int64(head), Int64(slot))
        lh_store_value(type, numbers.floats(head), &value, Int64(head), Int64(stride), Int64(slot))
        groupedKeys.append(storedKey(type, grouped, head: head, slot: slot))
        neighborKeys.append(storedKey(type, neighbor, head: head, slot: slot))
        values.append(Array(storedValue(type, value, stride: stride, slot: slot).prefix(head)))
      }
      groupedBlocks.append(grouped)
      neighborBlocks.append(neighbor)
      valueBlocks.append(value)
    }
  }

  /// The running state after some blocks.
  struct State {
    var maximum, sum, acc: [Float]
    init(rows: Int, stride: Int) {
      maximum = [Float](repeating: 1, count: rows)
      sum = maximum
      acc = [Float](repeating: 1, count: rows * stride)
      lh_attention_begin(Int64(rows), Int64(stride), &maximum, &sum, &acc)
    }
    var all: [Float] { maximum + sum + acc }
  }

  /// Runs blocks on the given rows (all by default) in the current instruction set.
  func run(
    rows: [Int]? = nil, blocks: Range<Int>? = nil, state: State? = nil, window: Int? = nil,
    keyCount: Int? = nil, fetchesAhead: Bool = false
  ) -> State {
    let keyCount = keyCount ?? self.keyCount
    let rows = rows ?? Array(positions.indices)
    var state = state ?? State(rows: rows.count, stride: stride)
    let scratchCount = isFast ? lh_attention_fast_scratch_floats(Int64(head)) : lh_attention_scratch_floats(Int64(head))
    var scratch = [Float](repeating: .nan, count: Int(scratchCount))
    // An odd stride between the rows of queries.
    let grouped = rows.flatMap { Array(groupedQueries[$0 * head..<($0 + 1) * head]) + [.nan] }
    let neighbor = rows.flatMap { Array(neighborQueries[$0 * head..<($0 + 1) * head]) + [.nan] }
    grouped.withUnsafeBufferPointer { grouped in
      neighbor.withUnsafeBufferPointer { neighbor in
        rows.map { positions[$0] }.withUnsafeBufferPointer { positions in
          var description = lh_attention_rows(
            kv_type: type, head_dimension: Int64(head), value_stride: Int64(stride),
            row_count: Int64(rows.count),
            neighbor_window: Int64(window ?? self.window), grouped_queries: grouped.baseAddress,
            neighbor_queries: neighbor.baseAddress, query_stride: Int64(head + 1), positions: positions.baseAddress,
            span: Int64(span), score_cap: cap)
          for block in blocks ?? 0..<(keyCount + 63) / 64 {
            groupedBlocks[block].withUnsafeBytes { grouped in
              neighborBlocks[block].withUnsafeBytes { neighbor in
                valueBlocks[block].withUnsafeBytes { values in
                  var tile = lh_attention_block(
                    first_key: Int64(block * 64), key_count: Int64(min(64, keyCount - block * 64)),
                    grouped_keys: grouped.baseAddress, neighbor_keys: neighbor.baseAddress, values: values.baseAddress,
                    next_keys: fetchesAhead ? neighbor.baseAddress : nil,
                    next_values: fetchesAhead ? values.baseAddress : nil)
                  meet(&description, &tile, &state, &scratch)
                }
              }
            }
          }
        }
      }
    }
    return state
  }

  private func meet(
    _ rows: inout lh_attention_rows, _ block: inout lh_attention_block, _ state: inout State, _ scratch: inout [Float]
  ) {
    guard isFast else {
      return lh_attention_tile(&rows, &block, &state.maximum, &state.sum, &state.acc, &scratch)
    }
    let grouped = IntegerQueries(rows.grouped_queries, of: rows)
    let neighbor = IntegerQueries(rows.neighbor_queries, of: rows)
    (rows.grouped_queries, rows.neighbor_queries) = (nil, nil)
    defer { (rows.grouped_queries, rows.neighbor_queries) = (grouped.queries, neighbor.queries) }
    grouped.withPointers { grouped in
      neighbor.withPointers { neighbor in
        var (grouped, neighbor) = (grouped, neighbor)
        lh_attention_fast_tile(
          &rows, &grouped, &neighbor, &block, &state.maximum, &state.sum, &state.acc, &scratch)
      }
    }
  }

  /// Overwrites what the blocks hold from a key on.
  mutating func spoil(from key: Int, with filler: UInt8) {
    let (block, first) = (key / 64, key % 64)
    let scales = (keyBlockByteCount(type, head), valueBlockByteCount(type, stride))
    let isScaled = type == LH_I16 || type == LH_Q8_0
    let keyElement = (scales.0 - (isScaled ? 256 : 0)) / (64 * head)
    let valueBytes = (scales.1 - (type == LH_Q8_0 ? 256 : 0)) / 64
    for slot in first..<64 {
      for d in 0..<head {
        for byte in 0..<keyElement {
          groupedBlocks[block][(d * 64 + slot) * keyElement + byte] = filler
          neighborBlocks[block][(d * 64 + slot) * keyElement + byte] = filler
        }
      }
      for byte in 0..<valueBytes { valueBlocks[block][slot * valueBytes + byte] = filler }
      for byte in 0..<4 where isScaled {
        groupedBlocks[block][keyElement * 64 * head + slot * 4 + byte] = filler
        neighborBlocks[block][keyElement * 64 * head + slot * 4 + byte] = filler
        if type == LH_Q8_0 { valueBlocks[block][valueBytes * 64 + slot * 4 + byte] = filler }
      }
    }
  }

  func finish(_ state: State) -> [Float] {
    let rows = state.sum.count
    var out = [Float](repeating: 9, count: rows * (head + 2))
    lh_attention_finish(
      Int64(rows), Int64(head), Int64(stride), state.sum, state.acc, &out, Int64(head + 2))
    return (0..<rows).flatMap { out[$0 * (head + 2)..<$0 * (head + 2) + head] }
  }

  /// The definition, in double precision.
  func oracle(row: Int) -> [Double] {
    let position = Int(positions[row])
    let first = span == 0 ? 0 : max(0, position - span + 1)
    guard first < keyCount else { return [Double](repeating: 0, count: head) }
    let seen = first..<min(keyCount, position + 1)
    let scores = seen.map { j in
      let neighbor = position - j < window
      let query = (neighbor ? neighborQueries : groupedQueries)[row * head..<(row + 1) * head]
      let score = zip(query, neighbor ? neighborKeys[j] : groupedKeys[j])
        .reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      return cap == 0 ? score : Double(cap) * tanh(score / Double(cap))
    }
    let most = scores.max() ?? 0
    let weights = scores.map { exp($0 - most) }
    let total = weights.reduce(0, +)
    return (0..<head).map { d in
      zip(seen, weights).reduce(0.0) { $0 + $1.1 * Double(values[$1.0][d]) } / max(total, 1e-300)
    }
  }
}

/// A view of queries as the fast kernel reads it.
struct IntegerQueries {
  let queries: UnsafePointer<Float>?
  let integers: [Int16]
  let scales: [Float]

  init(_ queries: UnsafePointer<Float>?, of rows: lh_attention_rows) {
    self.queries = queries
    let stride = Int(lh_integer_query_stride(rows.head_dimension))
    var integers = [Int16](repeating: -1, count: Int(rows.row_count) * stride)
    var scales = [Float](repeating: .nan, count: Int(rows.row_count))
    lh_round_queries(queries, rows.query_stride, rows.row_count, rows.head_dimension, &integers, &scales)
    (self.integers, self.scales) = (integers, scales)
  }

  func withPointers(_ body: (lh_integer_queries) -> Void) {
    integers.withUnsafeBufferPointer { integers in
      scales.withUnsafeBufferPointer { scales in
        body(lh_integer_queries(integers: integers.baseAddress, scales: scales.baseAddress))
      }
    }
  }
}
