import Core
import Paging

/// KV pages as arrays of arrays: `[layer][page][token][keyValueHead]`, each a key and a value.
///
/// A ring page has two halves of neighbor keys: those of one block where its keys would be, those of another where its
/// values would be.
struct PlainPages {
  private var keys: [[[[[Double]]]]]
  private var values: [[[[[Double]]]]]
  let byteCount: Int

  init(layers: [AttentionShape], pageCount: Int) {
    keys = layers.map { layer in
      let token = Array(
        repeating: Array(repeating: 0.0, count: layer.headDimension), count: layer.keyValueHeadCount)
      return Array(repeating: Array(repeating: token, count: Limits.pageSize), count: pageCount)
    }
    values = keys
    byteCount = layers.reduce(0) { $0 + 2 * 8 * pageCount * Limits.pageSize * $1.keyValueSize }
  }

  mutating func store(
    _ key: [Double], _ value: [Double], at position: Int, head: Int, of cache: SequenceCache, layer: Int
  ) {
    let page = Int(cache.page(block: position / Limits.pageSize).rawValue)
    keys[layer][page][position % Limits.pageSize][head] = key
    values[layer][page][position % Limits.pageSize][head] = value
  }

  func key(at position: Int, head: Int, of cache: SequenceCache, layer: Int) -> [Double] {
    keys[layer][Int(cache.page(block: position / Limits.pageSize).rawValue)][position % Limits.pageSize][head]
  }

  func value(at position: Int, head: Int, of cache: SequenceCache, layer: Int) -> [Double] {
    values[layer][Int(cache.page(block: position / Limits.pageSize).rawValue)][position % Limits.pageSize][head]
  }

  mutating func storeNeighbor(_ key: [Double], at position: Int, head: Int, of cache: SequenceCache, layer: Int) {
    let place = cache.neighborPlace(block: position / Limits.pageSize)
    let (page, slot) = (Int(place.page.rawValue), position % Limits.pageSize)
    if place.inValueHalf { values[layer][page][slot][head] = key } else { keys[layer][page][slot][head] = key }
  }

  func neighborKey(at position: Int, head: Int, of cache: SequenceCache, layer: Int) -> [Double] {
    let place = cache.neighborPlace(block: position / Limits.pageSize)
    let (page, slot) = (Int(place.page.rawValue), position % Limits.pageSize)
    return place.inValueHalf ? values[layer][page][slot][head] : keys[layer][page][slot][head]
  }
}
