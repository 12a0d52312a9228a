import CKernels
package import Inference
package import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// SelfExtend attention (§3 of the paper) of a stage's layers over their paged cache, at the price of plain attention.
///
/// **Two views of a key.** A key is stored turned to its far position `floor(j/G)` and rounded to the cache's type.
/// The near view is derived from that stored far key by the remaining turn `j - floor(j/G)` and kept, rounded alike,
/// in a ring over the last w positions and the running chunk. Nothing is turned when keys are read, and the ring can
/// be rebuilt bit for bit. With G = 1 both views are the same key: there is no ring and no second path.
///
/// **Two views of a query.** Each query is turned to its own position for near keys and to
/// `floor(i/G) + w - floor(w/G)` for far ones.
///
/// **Tiles.** Queries meet keys a block of 64 at a time, in ascending order. Blocks that are wholly far or wholly
/// near cost one product; only the band around distance w costs two. One online softmax runs over both.
///
/// **Same bytes.** A row's arithmetic depends on its position and the stored keys alone: blocks ascend, softmax
/// states are merged at fixed splits of `splitBlockCount` blocks, and neighbours in a tile never touch each other's
/// numbers.
package final class SelfExtendAttention: @unchecked Sendable {
  /// Key blocks after which a row's softmax state is merged into its total: 1024 keys.
  static let splitBlockCount = 16
  /// Query rows that share a pass over the keys.
  private static let tileRowTarget = 32

  private let queryHeadCount: Int
  private let keyValueHeadCount: Int
  private let headDimension: Int
  private let rotaryDimension: Int
  private let layout: lh_rope_layout
  private let store: KVPageStore
  /// Turns to positions, with the frequencies' magnitude.
  private let positionTable: RotaryTable
  /// Turns from the far to the near view, which have the magnitude already.
  private let offsetTable: RotaryTable
  // Safety: one scratch a thread of the pool; a thread touches its own only.
  private let scratch: [AttentionScratch]
  private let pool: ComputePool
  private let tileTokenCount: Int

  /// - Parameter contextLength: positions the stage may be asked for; sizes the rotary tables.
  /// - Throws: when memory is not to be had.
  package init(configuration: ModelConfiguration, store: KVPageStore, contextLength: Int, pool: ComputePool) throws {
    queryHeadCount = configuration.queryHeadCount
    keyValueHeadCount = configuration.keyValueHeadCount
    headDimension = configuration.headDimension
    rotaryDimension = configuration.rope.rotaryDimension
    layout = configuration.rope.layout == .interleaved ? LH_ROPE_INTERLEAVED : LH_ROPE_HALF_SPLIT
    self.store = store
    self.pool = pool
    let frequencies = RotaryFrequencies(configuration.rope)
    positionTable = RotaryTable(frequencies: frequencies, positionCount: contextLength, scaled: true)
    offsetTable =
      frequencies.magnitude == 1
      ? positionTable : RotaryTable(frequencies: frequencies, positionCount: contextLength, scaled: false)
    let headsPerGroup = configuration.queryHeadsPerKeyValueHead
    tileTokenCount = max(1, Self.tileRowTarget / headsPerGroup)
    let rowCapacity = tileTokenCount * headsPerGroup
    let (dimension, valueStride) = (headDimension, store.geometry.valueStride)
    scratch = try (0..<pool.threadCount).map { _ in
      try AttentionScratch(rowCapacity: rowCapacity, headDimension: dimension, valueStride: valueStride)
    }
  }

  /// Appends the rows' keys and values to `layer` (counted from this stage's first) and attends.
  ///
  /// Shapes, row-major: `queries` and `output` `[rows, queryHeadCount * headDimension]`, `keys` and `values`
  /// `[rows, keyValueHeadCount * headDimension]`; none is rotated yet. `entries` cover the rows, each its own sequence.
  /// Called by the stage's thread only; uses all of the pool.
  package func attend(
    layer: Int, entries: [AttentionEntry], queries: UnsafePointer<Float>, keys: UnsafePointer<Float>,
    values: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    precondition(layer >= 0 && layer < store.layerCount, "layer is not of this stage")
    pool.run { thread, threadCount in
      var task = 0
      for entry in entries {
        for head in 0..<keyValueHeadCount {
          if task % threadCount == thread {
            append(entry, layer: layer, head: head, keys: keys, values: values, thread: thread)
          }
          task += 1
        }
      }
    }
    pool.run { thread, threadCount in
      var task = 0
      for entry in entries {
        for tile in stride(from: 0, to: entry.rowCount, by: tileTokenCount) {
          let tokens = tile..<min(tile + tileTokenCount, entry.rowCount)
          for head in 0..<keyValueHeadCount {
            if task % threadCount == thread {
              attendTile(
                entry, tokens: tokens, layer: layer, head: head, queries: queries, output: output, thread: thread)
            }
            task += 1
          }
        }
      }
    }
  }

  // MARK: Appending

  private func append(
    _ entry: AttentionEntry, layer: Int, head: Int, keys: UnsafePointer<Float>, values: UnsafePointer<Float>,
    thread: Int
  ) {
    let key = scratch[thread].key.baseAddress
    let type = store.geometry.elementType.kernelType
    let rowSize = keyValueHeadCount * headDimension
    for row in 0..<entry.rowCount {
      let position = entry.startPosition + row
      let block = position / Limits.pageSize
      let slot = Int64(position % Limits.pageSize)
      let offset = (entry.firstRow + row) * rowSize + head * headDimension
      let page = entry.cache.page(block: block)
      let farPosition = entry.cache.policy.farKeyPosition(position)
      rotate(keys + offset, to: farPosition, with: positionTable, into: key)
      let farBlock = store.keyBlock(layer: layer, page: page, head: head)
      lh_store_key(type, key, farBlock, Int64(headDimension), slot)
      if entry.cache.keepsNearKeys {
        lh_load_key(type, farBlock, key, Int64(headDimension), slot)
        rotate(UnsafePointer(key), to: position - farPosition, with: offsetTable, into: key)
        lh_store_key(
          type, key, nearBlock(entry.cache, block: block, layer: layer, head: head), Int64(headDimension), slot)
      }
      lh_store_value(
        type, values + offset, store.valueBlock(layer: layer, page: page, head: head), Int64(headDimension),
        Int64(store.geometry.valueStride), slot)
    }
  }

  private func nearBlock(_ cache: SequenceCache, block: Int, layer: Int, head: Int) -> UnsafeMutableRawPointer {
    let place = cache.nearPlace(block: block)
    return place.inValueHalf
      ? store.valueBlock(layer: layer, page: place.page, head: head)
      : store.keyBlock(layer: layer, page: place.page, head: head)
  }

  private func rotate(
    _ head: UnsafePointer<Float>, to position: Int, with table: RotaryTable, into result: UnsafeMutablePointer<Float>
  ) {
    lh_rope(
      head, result, table.cosine(position), table.sine(position), Int64(headDimension), Int64(rotaryDimension), layout)
  }

  // MARK: Attending

  /// Queries of `tokens` (offsets into the entry) and all heads of one group, against every key they see.
  private func attendTile(
    _ entry: AttentionEntry, tokens: Range<Int>, layer: Int, head: Int, queries: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>, thread: Int
  ) {
    let scratch = scratch[thread]
    let headsPerGroup = queryHeadCount / keyValueHeadCount
    let rowCount = tokens.count * headsPerGroup
    let policy = entry.cache.policy
    let firstPosition = entry.startPosition + tokens.lowerBound
    let lastPosition = entry.startPosition + tokens.upperBound - 1
    let window = entry.cache.keepsNearKeys ? policy.neighborWindow : 0

    rotateQueries(
      entry, tokens: tokens, head: head, queries: queries, window: window, scratch: scratch)
    var rows = lh_attention_rows(
      kv_type: store.geometry.elementType.kernelType, head_dimension: Int64(headDimension),
      value_stride: Int64(store.geometry.valueStride), row_count: Int64(rowCount), neighbor_window: Int64(window),
      far_queries: UnsafePointer(scratch.farQueries.baseAddress),
      near_queries: UnsafePointer(scratch.nearQueries.baseAddress), query_stride: Int64(headDimension),
      positions: UnsafePointer(scratch.positions.baseAddress))

    scratch.total.begin(rowCount: rowCount)
    let blockCount = lastPosition / Limits.pageSize + 1
    for split in stride(from: 0, to: blockCount, by: Self.splitBlockCount) {
      scratch.part.begin(rowCount: rowCount)
      for block in split..<min(split + Self.splitBlockCount, blockCount) {
        let base = block * Limits.pageSize
        let keyCount = min(Limits.pageSize, lastPosition + 1 - base)
        let page = entry.cache.page(block: block)
        let hasNear = window > 0 && firstPosition - (base + keyCount - 1) < window
        let near = hasNear ? nearBlock(entry.cache, block: block, layer: layer, head: head) : nil
        lh_attention_tile(
          &rows, Int64(base), Int64(keyCount), store.keyBlock(layer: layer, page: page, head: head), near,
          store.valueBlock(layer: layer, page: page, head: head), scratch.part.maximum.baseAddress,
          scratch.part.sum.baseAddress, scratch.part.values.baseAddress,
          scratch.kernel.baseAddress)
      }
      scratch.total.absorb(scratch.part, rowCount: rowCount)
    }
    // Rows are token-major with the group's heads beside each other, as the output has them: one call a token.
    for token in 0..<tokens.count {
      let row = entry.firstRow + tokens.lowerBound + token
      let destination = output + (row * queryHeadCount + head * headsPerGroup) * headDimension
      let first = token * headsPerGroup
      lh_attention_finish(
        Int64(headsPerGroup), Int64(headDimension), Int64(store.geometry.valueStride),
        scratch.total.sum.baseAddress + first,
        scratch.total.values.baseAddress + first * store.geometry.valueStride, destination,
        Int64(headDimension))
    }
  }

  /// Fills the tile's far and near queries, scaled by `1/sqrt(headDimension)`, and its positions.
  private func rotateQueries(
    _ entry: AttentionEntry, tokens: Range<Int>, head: Int, queries: UnsafePointer<Float>, window: Int,
    scratch: AttentionScratch
  ) {
    let headsPerGroup = queryHeadCount / keyValueHeadCount
    let scale = 1 / Float(headDimension).squareRoot()
    let policy = entry.cache.policy
    var row = 0
    for token in tokens {
      let position = entry.startPosition + token
      for member in 0..<headsPerGroup {
        let queryHead = head * headsPerGroup + member
        let source = queries + ((entry.firstRow + token) * queryHeadCount + queryHead) * headDimension
        let far = scratch.farQueries.baseAddress + row * headDimension
        // A query within w of the start sees no far key; its far position could lie outside the table.
        if position >= window {
          rotate(source, to: policy.farQueryPosition(position), with: positionTable, into: far)
          for index in 0..<headDimension { far[index] *= scale }
        }
        if window > 0 {
          let near = scratch.nearQueries.baseAddress + row * headDimension
          rotate(source, to: position, with: positionTable, into: near)
          for index in 0..<headDimension { near[index] *= scale }
        }
        scratch.positions.baseAddress[row] = Int64(position)
        row += 1
      }
    }
  }
}
