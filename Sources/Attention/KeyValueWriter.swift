import CKernels
import Core
import Paging

/// Writes a step's keys and values into their pages: each key at its grouped position and, under a grouping policy,
/// once more in the ring of neighbor keys.
///
/// The neighbor key is made of the grouped one as it was stored, rounding included, so that the ring can be rebuilt bit
/// for bit.
struct KeyValueWriter: Sendable {
  let shape: AttentionShape
  let rotation: HeadRotation
  let store: KVPageStore
  /// Counted from the store's first.
  let layer: Int

  /// Writes the entry's tokens at positions of key block `block`, of one head. Blocks and heads share no byte.
  ///
  /// `keys` and `values`: the step's rows, `[rows, keyValueHeadCount * headDimension]`, neither normalized nor rotated.
  /// `key`: scratch for one head.
  func write(
    _ entry: CacheEntry, block: Int, head: Int, keys: UnsafePointer<Float>, values: UnsafePointer<Float>,
    norms: HeadNorms?, key: UnsafeMutablePointer<Float>
  ) {
    let type = store.elementType.kernelType
    let dimension = Int64(shape.headDimension)
    let page = entry.cache.page(block: block)
    let groupedBlock = store.keyBlock(layer: layer, page: page, head: head)
    let valueBlock = store.valueBlock(layer: layer, page: page, head: head)
    let policy = shape.policy(under: entry.cache.policy)
    let neighborBlock =
      policy.hasNeighborKeys
      ? store.neighborBlock(of: entry.cache, block: block, layer: layer, head: head) : nil
    let first = max(entry.startPosition, block * Limits.pageSize)
    let end = min(entry.startPosition + entry.rowCount, (block + 1) * Limits.pageSize)
    for position in first..<end {
      let slot = Int64(position % Limits.pageSize)
      let row = entry.firstRow + position - entry.startPosition
      let offset = row * shape.keyValueSize + head * shape.headDimension
      let groupedPosition = policy.groupedKeyPosition(position)
      var source = keys + offset
      if let norms {
        norms.normalize(key: source, of: head, into: key)
        source = UnsafePointer(key)
      }
      rotation.turn(source, to: groupedPosition, into: key)
      lh_store_key(type, key, groupedBlock, dimension, slot)
      if let neighborBlock {
        derive(neighborBlock, from: groupedBlock, position: position, policy: policy, key: key)
      }
      lh_store_value(type, values + offset, valueBlock, dimension, Int64(shape.valueStride), slot)
    }
  }

  /// Restores the neighbor view of key block `block`, as far as the cache reaches, from the stored grouped keys.
  func restoreNeighborKeys(of cache: SequenceCache, block: Int, head: Int, key: UnsafeMutablePointer<Float>) {
    let groupedBlock = store.keyBlock(layer: layer, page: cache.page(block: block), head: head)
    let neighborBlock = store.neighborBlock(of: cache, block: block, layer: layer, head: head)
    for position in block * Limits.pageSize..<min((block + 1) * Limits.pageSize, cache.length) {
      derive(neighborBlock, from: groupedBlock, position: position, policy: cache.policy, key: key)
    }
  }

  private func derive(
    _ neighborBlock: UnsafeMutableRawPointer, from groupedBlock: UnsafeMutableRawPointer, position: Int,
    policy: PositionPolicy, key: UnsafeMutablePointer<Float>
  ) {
    let type = store.elementType.kernelType
    let (dimension, slot) = (Int64(shape.headDimension), Int64(position % Limits.pageSize))
    lh_load_key(type, groupedBlock, key, dimension, slot)
    rotation.turn(key, onBy: position - policy.groupedKeyPosition(position))
    lh_store_key(type, key, neighborBlock, dimension, slot)
  }
}
