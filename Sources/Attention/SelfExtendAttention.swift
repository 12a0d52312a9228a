import CKernels
package import Core
package import Paging
package import Tensors

/// SelfExtend attention (§3 of the paper) of a stage's layers over their paged cache, at the price of plain attention.
///
/// **Two views of a key.** A key is stored turned to its grouped position `floor(j/G)` and rounded to the cache's type.
/// The neighbor view is derived from that stored grouped key by the remaining turn `j - floor(j/G)` and kept, rounded
/// alike, in a ring over the last w positions and the running chunk. Nothing is turned when keys are read, and the ring
/// can be rebuilt bit for bit. With G = 1 both views are the same key: there is no ring and no second path.
///
/// **Two views of a query.** Each query is turned to its own position for neighbor keys and to
/// `floor(i/G) + w - floor(w/G)` for grouped ones.
///
/// **Local layers.** A layer with a window, or without positions, sees one view of each key, at its own position. Pages
/// hold all keys all the same; blocks that lie wholly before a tile's windows are not read.
///
/// **Tiles.** Queries meet keys a block of 64 at a time, in ascending order. Blocks that are wholly grouped or wholly
/// neighbor cost one product; only the band around distance w costs two. One online softmax runs over both.
///
/// **Same bytes.** A row's arithmetic depends on its position and the stored keys alone: blocks ascend, softmax
/// states are merged at fixed splits of `splitBlockCount` blocks, in ascending order whichever thread computed them,
/// and rows of a tile never touch each other's numbers.
package final class SelfExtendAttention: @unchecked Sendable {
  /// Key blocks after which a row's softmax state is merged into its total: 1024 keys.
  static let splitBlockCount = 16

  /// What a layer's attention is made of; layers that turn alike share their tables.
  private struct Layer {
    let shape: AttentionShape
    let rotation: HeadRotation
    let writer: KeyValueWriter
  }

  /// Bytes of the layers' rotary tables.
  package let tableByteCount: Int
  private let layers: [Layer]
  private let store: KVPageStore
  private let pool: ComputePool
  // Safety: one scratch a thread of the pool; a thread touches its own only.
  private let scratch: [AttentionScratch]
  // Safety: used by the stage's thread only, between runs of the pool.
  private var schedule: AttentionSchedule
  /// One for each memory node.
  private let taskCounters: [TaskCounter]
  private let completions: CompletionCounters
  /// States of tiles whose keys are divided over tasks. Tasks write their own rows; the last one reads them all.
  private let gathered: SoftmaxState

  /// - Parameters:
  ///   - layers: the shapes of this stage's layers, which are the store's.
  ///   - contextLength: positions the stage may be asked for; sizes the rotary tables.
  ///   - arithmetic: of all layers.
  /// - Throws: `AllocationError`.
  package init(
    layers: [AttentionShape], store: KVPageStore, contextLength: Int, arithmetic: AttentionArithmetic = .exact,
    pool: ComputePool
  ) throws {
    precondition(layers.count == store.layerCount, "the store has pages for other layers")
    self.store = store
    self.pool = pool
    var rotations: [HeadTurn: HeadRotation] = [:]
    self.layers = layers.enumerated().map { index, shape in
      let rotation = rotations[shape.turn] ?? HeadRotation(shape.turn, contextLength: contextLength)
      rotations[shape.turn] = rotation
      return Layer(
        shape: shape, rotation: rotation,
        writer: KeyValueWriter(shape: shape, rotation: rotation, store: store, layer: index))
    }
    tableByteCount = rotations.values.reduce(0) { $0 + $1.byteCount }
    let schedule = AttentionSchedule(
      shapes: layers, threadCount: pool.threadCount, nodeCount: pool.nodeCount, contextLength: contextLength)
    self.schedule = schedule
    taskCounters = (0..<pool.nodeCount).map { _ in TaskCounter() }
    completions = CompletionCounters(capacity: schedule.gatheringCapacity)
    gathered = try SoftmaxState(
      rowCapacity: schedule.gatheredRowCapacity, valueStride: layers.map(\.valueStride).max() ?? 0)
    scratch = try (0..<pool.threadCount).map { _ in
      try AttentionScratch(rowCapacity: schedule.tileRowCapacity, shapes: layers, arithmetic: arithmetic)
    }
  }

  /// Appends the rows' keys and values to `layer` (counted from this stage's first), where it has its own, and attends.
  ///
  /// Shapes, row-major: `queries` and `output` `[rows, queryHeadCount * headDimension]`, `keys` and `values`
  /// `[rows, keyValueHeadCount * headDimension]`; none is normalized or rotated yet. `entries` cover the rows, each its
  /// own sequence. Called by the stage's thread only; uses all of the pool.
  /// - Parameters:
  ///   - norms: of heads, before they are turned; nil where the layer's shape has none.
  ///   - sinks: one a query head, where the layer's shape has them.
  package func attend(
    layer: Int, entries: [CacheEntry], queries: UnsafePointer<Float>, keys: UnsafePointer<Float>,
    values: UnsafePointer<Float>, norms: HeadNorms? = nil, sinks: [Float]? = nil, output: UnsafeMutablePointer<Float>
  ) {
    precondition(layer >= 0 && layer < layers.count, "layer is not of this stage")
    precondition(layers[layer].shape.normalizesHeads == (norms != nil), "head norms are not the layer's")
    precondition(
      sinks?.count == (layers[layer].shape.hasSinks ? layers[layer].shape.queryHeadCount : nil),
      "sinks are not the layer's")
    if layers[layer].shape.hasOwnKeys {
      append(entries, layer: layers[layer], keys: keys, values: values, norms: norms)
    }
    schedule.divide(entries, shape: layers[layer].shape)
    completions.reset(to: schedule.gatheringTaskCounts)
    let (tasks, nodeTasks) = (schedule.tasks, schedule.nodeTasks)
    for counter in taskCounters { counter.reset() }
    pool.run { thread, _ in
      for step in 0..<taskCounters.count {
        let node = node(step: step, thread: thread)
        while let number = taskCounters[node].take(below: nodeTasks[node].count) {
          perform(
            tasks[nodeTasks[node].lowerBound + number], entries: entries, layer: layer, queries: queries, norms: norms,
            sinks: sinks, output: output, scratch: scratch[thread])
        }
      }
    }
  }

  /// Restores the neighbor view of a sequence's key blocks in all layers, bit for bit, from its stored grouped keys.
  /// Called by the stage's thread only; uses all of the pool.
  package func restoreNeighborKeys(of cache: SequenceCache, blocks: Range<Int>) {
    guard cache.keepsNeighborKeys, !blocks.isEmpty else { return }
    let layers = layers.filter { $0.shape.hasOwnKeys && $0.shape.policy(under: cache.policy).hasNeighborKeys }
    let headCount = layers.reduce(0) { $0 + $1.shape.keyValueHeadCount }
    // Blocks of all layers' heads in a row.
    pool.forEachSlice(of: headCount * blocks.count) { slice, thread in
      var first = 0
      for layer in layers {
        let end = first + layer.shape.keyValueHeadCount * blocks.count
        for task in slice.clamped(to: first..<end) {
          let (head, block) = (task - first).quotientAndRemainder(dividingBy: blocks.count)
          layer.writer.restoreNeighborKeys(
            of: cache, block: blocks.lowerBound + block, head: head, key: scratch[thread].head.baseAddress)
        }
        first = end
      }
    }
  }

  /// The NUMA node whose work a thread takes in a step: its own first, then what others have left.
  private func node(step: Int, thread: Int) -> Int { (pool.nodes[thread] + step) % taskCounters.count }

  private func append(
    _ entries: [CacheEntry], layer: Layer, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, norms: HeadNorms?
  ) {
    for counter in taskCounters { counter.reset() }
    pool.run { thread, _ in
      for step in 0..<taskCounters.count {
        append(
          entries, node: node(step: step, thread: thread), layer: layer, keys: keys, values: values, norms: norms,
          key: scratch[thread].head.baseAddress)
      }
    }
  }

  /// One thread's share of the appending of a node's heads: key blocks of single heads, as it gets hold of them.
  private func append(
    _ entries: [CacheEntry], node: Int, layer: Layer, keys: UnsafePointer<Float>, values: UnsafePointer<Float>,
    norms: HeadNorms?, key: UnsafeMutablePointer<Float>
  ) {
    var passed = 0
    let heads = layer.shape.heads(node: node, of: taskCounters.count)
    var taken = taskCounters[node].take(below: .max) ?? .max
    for entry in entries {
      let blocks = entry.startPosition / Limits.pageSize...(entry.cache.length - 1) / Limits.pageSize
      let count = blocks.count * heads.count
      while taken - passed < count {
        let (block, head) = (taken - passed).quotientAndRemainder(dividingBy: heads.count)
        layer.writer.write(
          entry, block: blocks.lowerBound + block, head: heads.lowerBound + head, keys: keys, values: values,
          norms: norms, key: key)
        taken = taskCounters[node].take(below: .max) ?? .max
      }
      passed += count
    }
  }

  private func perform(
    _ task: AttentionTask, entries: [CacheEntry], layer: Int, queries: UnsafePointer<Float>, norms: HeadNorms?,
    sinks: [Float]?, output: UnsafeMutablePointer<Float>, scratch: AttentionScratch
  ) {
    let (shape, rotation) = (layers[layer].shape, layers[layer].rotation)
    let tile = QueryTile(
      shape: shape, rotation: rotation, store: store, entry: entries[task.entry], layer: layer, head: task.head,
      tokens: task.tokens, scratch: scratch)
    tile.prepareQueries(queries, norms: norms)
    guard let gathering = task.gathering else {
      let total = scratch.total.rows(first: 0, count: tile.rowCount, valueStride: shape.valueStride)
      attend(tile, splits: task.splits, total: total)
      return tile.finish(total, sinks: sinks, output: output)
    }
    func gatheredRows(place: Int) -> SoftmaxRows {
      gathered.rows(
        first: gathering.firstRow + place * tile.rowCount, count: tile.rowCount, valueStride: shape.valueStride)
    }
    if task.splits.lowerBound == gathering.splits.lowerBound {
      attend(tile, splits: task.splits, total: gatheredRows(place: 0))
    } else {
      for split in task.splits {
        let rows = gatheredRows(place: gathering.place(ofSplit: split))
        rows.begin()
        tile.attend(split: split, state: rows)
      }
    }
    guard completions.finishOne(of: gathering.counter) else { return }
    let total = gatheredRows(place: 0)
    for place in 1..<gathering.placeCount { total.absorb(gatheredRows(place: place)) }
    tile.finish(total, sinks: sinks, output: output)
  }

  /// Fills `total` with the splits, merged in order.
  private func attend(_ tile: QueryTile, splits: Range<Int>, total: SoftmaxRows) {
    let part = tile.scratch.part.rows(first: 0, count: tile.rowCount, valueStride: tile.shape.valueStride)
    total.begin()
    for split in splits {
      part.begin()
      tile.attend(split: split, state: part)
      total.absorb(part)
    }
  }
}
