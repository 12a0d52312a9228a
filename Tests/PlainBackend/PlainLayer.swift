import Core
import Foundation
import Paging
import Tensors
import Weights

/// One decoder layer, token by token.
struct PlainLayer {
  /// A part's norms: of what it reads, and of what it gives. Nil leaves that as it is.
  private struct Norms {
    var before: PlainNorm?
    var after: PlainNorm?
  }

  private let attentionNorms: Norms
  private let attention: PlainAttention
  private let feedForwardNorms: Norms
  private let feedForward: PlainFeedForward
  /// Whether both parts read what the layer was given.
  private let isParallel: Bool
  private let residualScale: Double
  private let outputScale: Double

  init(_ shape: LayerShape, _ weights: LayerWeights<WeightMatrix>) {
    func plain(_ weights: NormWeights) -> PlainNorm { PlainNorm(shape.norm, weights) }
    switch weights.norms {
    case .preNorm(let attention, let feedForward):
      (attentionNorms, feedForwardNorms) = (Norms(before: plain(attention)), Norms(before: plain(feedForward)))
    case .postNorm(let attention, let feedForward):
      (attentionNorms, feedForwardNorms) = (Norms(after: plain(attention)), Norms(after: plain(feedForward)))
    case .sandwich(let attention, let feedForward):
      attentionNorms = Norms(before: plain(attention.before), after: plain(attention.after))
      feedForwardNorms = Norms(before: plain(feedForward.before), after: plain(feedForward.after))
    case .parallel(let norm):
      (attentionNorms, feedForwardNorms) = (Norms(before: plain(norm)), Norms(before: plain(norm)))
    case .parallelNorms(let attention, let feedForward):
      (attentionNorms, feedForwardNorms) = (Norms(before: plain(attention)), Norms(before: plain(feedForward)))
    }
    attention = PlainAttention(shape.attention, weights.attention)
    feedForward = PlainFeedForward(shape.feedForward, weights.feedForward)
    isParallel = shape.residual.isParallel
    residualScale = Double(shape.residualScale)
    outputScale = Double(weights.outputScale ?? 1)
  }

  /// Runs an entry's hidden states through the layer in place.
  func forward(_ hidden: inout [[Double]], _ entry: CacheEntry, pages: inout PlainPages, layer: Int) {
    let attended = attention.attend(
      hidden.map { attentionNorms.before?.applied(to: $0) ?? $0 }, entry, pages: &pages, layer: layer)
    for row in hidden.indices {
      let given = hidden[row]
      hidden[row] = sum(given, attentionNorms.after?.applied(to: attended[row]) ?? attended[row])
      let read = isParallel ? given : hidden[row]
      let fed = feedForward.applied(to: feedForwardNorms.before?.applied(to: read) ?? read)
      hidden[row] = sum(hidden[row], feedForwardNorms.after?.applied(to: fed) ?? fed).map { $0 * outputScale }
    }
  }

  private func sum(_ hidden: [Double], _ output: [Double]) -> [Double] {
    zip(hidden, output).map { $0 + residualScale * $1 }
  }

  func restoreNeighborKeys(of cache: SequenceCache, block: Int, pages: inout PlainPages, layer: Int) {
    for position in block * Limits.pageSize..<min((block + 1) * Limits.pageSize, cache.length) {
      attention.deriveNeighborKeys(at: position, of: cache, pages: &pages, layer: layer)
    }
  }
}

/// A score or a logit within its cap, where there is one.
func capped(_ x: Double, _ cap: Float?) -> Double {
  guard let cap = cap.map(Double.init) else { return x }
  return cap * tanh(x / cap)
}

/// SelfExtend attention (§3 of the paper): each key at its grouped or its own position, one softmax over both.
struct PlainAttention {
  private let shape: AttentionShape
  private let query: PlainLinear
  private let key: PlainLinear
  /// Nil where values are keys.
  private let value: PlainLinear?
  private let output: PlainLinear
  private let queryNorm: PlainHeads
  private let keyNorm: PlainHeads
  private let valueNorm: PlainNorm?
  private let rotation: PlainRotation
  private let sinks: [Float]?

  init(_ shape: AttentionShape, _ weights: AttentionWeights<WeightMatrix>) {
    self.shape = shape
    guard case .heads(let query, let key, let value) = weights.input else {
      preconditionFailure("the plain backend knows no latents, and no keys of other layers")
    }
    (self.query, self.key) = (PlainLinear(query), PlainLinear(key))
    (self.value, output) = (value.map { PlainLinear($0) }, PlainLinear(weights.output))
    queryNorm = PlainHeads(shape, weights.queryNorm)
    keyNorm = PlainHeads(shape, weights.keyNorm)
    valueNorm = shape.valueNorm.flatMap { kind in weights.valueNorm.map { PlainNorm(kind, $0) } }
    rotation = PlainRotation(shape.rope)
    sinks = weights.sinks
  }

  /// Stores the rows' keys and values, then attends.
  func attend(_ rows: [[Double]], _ entry: CacheEntry, pages: inout PlainPages, layer: Int) -> [[Double]] {
    let cache = entry.cache
    let policy = shape.policy(under: cache.policy)
    for (offset, row) in rows.enumerated() {
      let position = entry.startPosition + offset
      let rawKeys = key.product(row)
      let (keys, values) = (keyNorm.normed(rawKeys), queryNorm.divided(value?.product(row) ?? rawKeys))
      for (head, key) in keys.enumerated() {
        let grouped = rotation.turned(key, by: policy.groupedKeyPosition(position))
        let value = valueNorm?.applied(to: values[head]) ?? values[head]
        pages.store(grouped, value, at: position, head: head, of: cache, layer: layer)
      }
      deriveNeighborKeys(at: position, of: cache, pages: &pages, layer: layer)
    }
    return rows.enumerated().map { offset, row in
      let result = queryNorm.normed(query.product(row)).enumerated().flatMap { head, query in
        attended(
          query, at: entry.startPosition + offset, head: head / shape.queryHeadsPerKeyValueHead,
          sink: sinks.map { Double($0[head]) }, cache, pages: pages, layer: layer)
      }
      return output.product(result)
    }
  }

  private func attended(
    _ query: [Double], at position: Int, head: Int, sink: Double?, _ cache: SequenceCache, pages: PlainPages, layer: Int
  ) -> [Double] {
    let policy = shape.policy(under: cache.policy)
    let window = policy.hasNeighbors ? policy.neighborWindow : 0
    let span = shape.window(under: cache.policy) ?? .max
    let grouped = rotation.turned(query, by: policy.groupedQueryPosition(position))
    let neighbor = rotation.turned(query, by: position)
    let growth = shape.temperature.map { Double($0.scale) * log(Double(1 + position / $0.length)) } ?? 0
    let scale = Double(shape.scoreScale) * (1 + growth)
    func neighborKey(_ other: Int) -> [Double] {
      policy.hasNeighborKeys
        ? pages.neighborKey(at: other, head: head, of: cache, layer: layer)
        : pages.key(at: other, head: head, of: cache, layer: layer)
    }
    let scores = (0...position).map { other in
      if position - other >= span { return -Double.infinity }
      let score =
        position - other < window
        ? dot(neighbor[...], neighborKey(other)[...])
        : dot(grouped[...], pages.key(at: other, head: head, of: cache, layer: layer)[...])
      return capped(score * scale, shape.scoreCap)
    }
    let greatest = max(scores.max() ?? 0, sink ?? -.infinity)
    let weights = scores.map { exp($0 - greatest) }
    let sum = weights.reduce(sink.map { exp($0 - greatest) } ?? 0, +)
    var result = [Double](repeating: 0, count: shape.headDimension)
    for (other, weight) in weights.enumerated() {
      let value = pages.value(at: other, head: head, of: cache, layer: layer)
      for index in result.indices { result[index] += weight / sum * value[index] }
    }
    return result
  }

  /// Turns the stored grouped keys of a position on to the position itself.
  func deriveNeighborKeys(at position: Int, of cache: SequenceCache, pages: inout PlainPages, layer: Int) {
    guard shape.policy(under: cache.policy).hasNeighborKeys else { return }
    for head in 0..<shape.keyValueHeadCount {
      let key = pages.key(at: position, head: head, of: cache, layer: layer)
      pages.storeNeighbor(
        rotation.turned(key, by: position - cache.policy.groupedKeyPosition(position)), at: position, head: head,
        of: cache, layer: layer)
    }
  }
}
