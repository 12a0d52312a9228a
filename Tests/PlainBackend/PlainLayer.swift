import Core
import Foundation
import Paging
import Weights

/// One decoder layer, token by token.
struct PlainLayer {
  private let attentionNorm: PlainNorm
  private let attention: PlainAttention
  private let feedForwardNorm: PlainNorm
  private let feedForward: PlainFeedForward

  init(_ shape: LayerShape, _ weights: LayerWeights<WeightMatrix>) {
    attentionNorm = PlainNorm(shape.norm, weights.attentionNorm)
    attention = PlainAttention(shape.attention, weights.attention)
    feedForwardNorm = PlainNorm(shape.norm, weights.feedForwardNorm)
    feedForward = PlainFeedForward(shape.feedForward, weights.feedForward)
  }

  /// Runs an entry's hidden states through the layer in place.
  func forward(_ hidden: inout [[Double]], _ entry: CacheEntry, pages: inout PlainPages, layer: Int) {
    let attended = attention.attend(
      hidden.map(attentionNorm.applied), entry, pages: &pages, layer: layer)
    for row in hidden.indices {
      hidden[row] = zip(hidden[row], attended[row]).map(+)
      hidden[row] = zip(hidden[row], feedForward.applied(to: feedForwardNorm.applied(to: hidden[row]))).map(+)
    }
  }

  func restoreNeighborKeys(of cache: SequenceCache, block: Int, pages: inout PlainPages, layer: Int) {
    for position in block * Limits.pageSize..<min((block + 1) * Limits.pageSize, cache.length) {
      attention.deriveNeighborKeys(at: position, of: cache, pages: &pages, layer: layer)
    }
  }
}

/// SelfExtend attention (§3 of the paper): each key at its grouped or its own position, one softmax over both.
struct PlainAttention {
  private let shape: AttentionShape
  private let query: PlainLinear
  private let key: PlainLinear
  private let value: PlainLinear
  private let output: PlainLinear
  private let queryNorm: PlainNorm?
  private let keyNorm: PlainNorm?
  private let rotation: PlainRotation

  init(_ shape: AttentionShape, _ weights: AttentionWeights<WeightMatrix>) {
    self.shape = shape
    (query, key) = (PlainLinear(weights.query), PlainLinear(weights.key))
    (value, output) = (PlainLinear(weights.value), PlainLinear(weights.output))
    queryNorm = shape.headNorm.flatMap { kind in weights.queryNorm.map { PlainNorm(kind, $0) } }
    keyNorm = shape.headNorm.flatMap { kind in weights.keyNorm.map { PlainNorm(kind, $0) } }
    rotation = PlainRotation(shape.rope)
  }

  /// Stores the rows' keys and values, then attends.
  func attend(_ rows: [[Double]], _ entry: CacheEntry, pages: inout PlainPages, layer: Int) -> [[Double]] {
    let cache = entry.cache
    for (offset, row) in rows.enumerated() {
      let position = entry.startPosition + offset
      let (keys, values) = (heads(key.product(row)), heads(value.product(row)))
      for (head, key) in keys.enumerated() {
        let grouped = rotation.turned(
          keyNorm?.applied(to: key) ?? key, by: cache.policy.groupedKeyPosition(position))
        pages.store(grouped, values[head], at: position, head: head, of: cache, layer: layer)
      }
      deriveNeighborKeys(at: position, of: cache, pages: &pages, layer: layer)
    }
    return rows.enumerated().map { offset, row in
      let result = heads(query.product(row)).enumerated().flatMap { head, query in
        attended(
          queryNorm?.applied(to: query) ?? query, at: entry.startPosition + offset,
          head: head / shape.queryHeadsPerKeyValueHead, cache, pages: pages, layer: layer)
      }
      return output.product(result)
    }
  }

  private func heads(_ row: [Double]) -> [[Double]] {
    stride(from: 0, to: row.count, by: shape.headDimension).map { Array(row[$0..<$0 + shape.headDimension]) }
  }

  private func attended(
    _ query: [Double], at position: Int, head: Int, _ cache: SequenceCache, pages: PlainPages, layer: Int
  ) -> [Double] {
    let policy = cache.policy
    let window = cache.keepsNeighborKeys ? policy.neighborWindow : 0
    let grouped = rotation.turned(query, by: policy.groupedQueryPosition(position))
    let neighbor = rotation.turned(query, by: position)
    let scores = (0...position).map { other in
      let score =
        position - other < window
        ? dot(neighbor[...], pages.neighborKey(at: other, head: head, of: cache, layer: layer)[...])
        : dot(grouped[...], pages.key(at: other, head: head, of: cache, layer: layer)[...])
      return score * Double(shape.scoreScale)
    }
    let weights = scores.map { [greatest = scores.max() ?? 0] in exp($0 - greatest) }
    let sum = weights.reduce(0, +)
    var result = [Double](repeating: 0, count: shape.headDimension)
    for (other, weight) in weights.enumerated() {
      let value = pages.value(at: other, head: head, of: cache, layer: layer)
      for index in result.indices { result[index] += weight / sum * value[index] }
    }
    return result
  }

  /// Turns the stored grouped keys of a position on to the position itself.
  func deriveNeighborKeys(at position: Int, of cache: SequenceCache, pages: inout PlainPages, layer: Int) {
    guard cache.keepsNeighborKeys else { return }
    for head in 0..<shape.keyValueHeadCount {
      let key = pages.key(at: position, head: head, of: cache, layer: layer)
      pages.storeNeighbor(
        rotation.turned(key, by: position - cache.policy.groupedKeyPosition(position)), at: position, head: head,
        of: cache, layer: layer)
    }
  }
}
