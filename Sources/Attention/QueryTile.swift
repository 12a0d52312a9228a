import CKernels
import Core
import Paging
import Tensors

/// One thread's pass of a tile of queries over the keys they see.
///
/// Rows of a tile are token-major, the heads of the group beside each other, as the step's matrices have them.
struct QueryTile {
  let shape: AttentionShape
  let rotation: HeadRotation
  let store: KVPageStore
  let entry: CacheEntry
  let layer: Int
  let head: Int
  /// Counted from the entry's first.
  let tokens: Range<Int>
  let scratch: AttentionScratch

  var rowCount: Int { tokens.count * shape.queryHeadsPerKeyValueHead }
  private var firstPosition: Int { entry.startPosition + tokens.lowerBound }
  /// Of the keys that any of the tile's tokens sees.
  private var firstSeenPosition: Int {
    shape.firstSeenPosition(from: firstPosition, under: entry.cache.policy)
  }
  private var lastPosition: Int { entry.startPosition + tokens.upperBound - 1 }
  /// How the layer sees positions.
  private var policy: PositionPolicy { shape.policy(under: entry.cache.policy) }
  /// Keys at less than this distance are neighbors; 0 where both views are the same.
  private var window: Int { policy.hasNeighbors ? policy.neighborWindow : 0 }

  /// Fills the scratch's grouped and neighbor queries, normalized where the layer has head norms, turned and scaled,
  /// and its positions; as integers, too, where attention is fast.
  func prepareQueries(_ queries: UnsafePointer<Float>, norms: HeadNorms?) {
    let dimension = shape.headDimension
    let (policy, window) = (policy, window)
    var row = 0
    for token in tokens {
      let position = entry.startPosition + token
      let scale = shape.scoreScale * (shape.temperature?.factor(at: position) ?? 1)
      for member in 0..<shape.queryHeadsPerKeyValueHead {
        var source = queries + offset(ofToken: token) + member * dimension
        if let norms {
          norms.normalize(
            query: source, of: head * shape.queryHeadsPerKeyValueHead + member, into: scratch.head.baseAddress)
          source = UnsafePointer(scratch.head.baseAddress)
        }
        let grouped = scratch.groupedQueries.baseAddress + row * dimension
        // A query within w of the start sees no grouped key; its grouped position could lie outside the table.
        if position >= window {
          rotation.turn(source, to: policy.groupedQueryPosition(position), into: grouped)
          for index in 0..<dimension { grouped[index] *= scale }
        }
        if window > 0 {
          let neighbor = scratch.neighborQueries.baseAddress + row * dimension
          rotation.turn(source, to: position, into: neighbor)
          for index in 0..<dimension { neighbor[index] *= scale }
        }
        scratch.positions.baseAddress[row] = Int64(position)
        row += 1
      }
    }
    scratch.fastQueries?.round(
      grouped: UnsafePointer(scratch.groupedQueries.baseAddress),
      neighbor: window > 0 ? UnsafePointer(scratch.neighborQueries.baseAddress) : nil, rowCount: row,
      dimension: dimension)
  }

  /// Adds the keys of one split to `state`, which is empty.
  func attend(split: Int, state: SoftmaxRows) {
    var rows = lh_attention_rows(
      kv_type: store.elementType.kernelType, head_dimension: Int64(shape.headDimension),
      value_stride: Int64(shape.valueStride), row_count: Int64(rowCount), neighbor_window: Int64(window),
      grouped_queries: UnsafePointer(scratch.groupedQueries.baseAddress),
      neighbor_queries: UnsafePointer(scratch.neighborQueries.baseAddress), query_stride: Int64(shape.headDimension),
      positions: UnsafePointer(scratch.positions.baseAddress),
      span: Int64(shape.window(under: entry.cache.policy) ?? 0), score_cap: shape.scoreCap ?? 0)
    let splitStart = split * SelfExtendAttention.splitBlockCount
    let first = max(splitStart, firstSeenPosition / Limits.pageSize)
    let last = lastPosition / Limits.pageSize
    var next = block(first)
    for number in first...min(splitStart + SelfExtendAttention.splitBlockCount - 1, last) {
      var block = next
      // The next split's first block is fetched too: mostly it is what this thread turns to.
      if number < last {
        next = self.block(number + 1)
        block.next_keys = next.grouped_keys ?? next.neighbor_keys
        block.next_values = next.values
      }
      if let fast = scratch.fastQueries {
        fast.meet(&rows, &block, state: state, scratch: scratch.kernel.baseAddress)
      } else {
        lh_attention_tile(&rows, &block, state.maximum, state.sum, state.values, scratch.kernel.baseAddress)
      }
    }
  }

  /// A key block in the views that the tile's rows have of it.
  private func block(_ number: Int) -> lh_attention_block {
    let base = number * Limits.pageSize
    let keyCount = min(Limits.pageSize, lastPosition + 1 - base)
    let page = entry.cache.page(block: number)
    let isNeighbor = window > 0 && firstPosition - (base + keyCount - 1) < window
    let isGrouped = lastPosition - base >= window
    let keys = UnsafeRawPointer(store.keyBlock(layer: layer, page: page, head: head))
    return lh_attention_block(
      first_key: Int64(base), key_count: Int64(keyCount), grouped_keys: isGrouped ? keys : nil,
      neighbor_keys: isNeighbor
        ? policy.hasNeighborKeys
          ? UnsafeRawPointer(store.neighborBlock(of: entry.cache, block: number, layer: layer, head: head)) : keys
        : nil,
      values: store.valueBlock(layer: layer, page: page, head: head), next_keys: nil, next_values: nil)
  }

  /// Writes the weighted means of a whole row state to the step's output.
  /// - Parameter sinks: scores of the layer's query heads, which come last into each row's softmax.
  func finish(_ state: SoftmaxRows, sinks: [Float]?, output: UnsafeMutablePointer<Float>) {
    if let sinks { absorb(sinks, into: state) }
    for (index, token) in tokens.enumerated() {
      let first = index * shape.queryHeadsPerKeyValueHead
      lh_attention_finish(
        Int64(shape.queryHeadsPerKeyValueHead), Int64(shape.headDimension), Int64(shape.valueStride), state.sum + first,
        state.values + first * shape.valueStride, output + offset(ofToken: token), Int64(shape.headDimension))
    }
  }

  /// A sink is a part of the keys whose values are zero.
  private func absorb(_ sinks: [Float], into state: SoftmaxRows) {
    let part = scratch.part.rows(first: 0, count: rowCount, valueStride: shape.valueStride)
    part.begin()
    for row in 0..<rowCount {
      part.maximum[row] =
        sinks[head * shape.queryHeadsPerKeyValueHead + row % shape.queryHeadsPerKeyValueHead]
      part.sum[row] = 1
    }
    state.absorb(part)
  }

  /// Where the group's heads of a token begin in the step's queries and output.
  private func offset(ofToken token: Int) -> Int {
    (entry.firstRow + token) * shape.querySize + head * shape.queryHeadsPerKeyValueHead * shape.headDimension
  }
}
