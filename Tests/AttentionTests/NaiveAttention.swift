import Attention
import Core

#if canImport(Glibc)
  import Glibc
#endif

/// SelfExtend attention by its definition, in double precision, over whole rows: the oracle. O(N²) and proud of it.
enum NaiveAttention {
  /// Rotates a query's head by a relative position. The key's share of the magnitude is taken on here too.
  static func rotated(
    _ head: [Double], to position: Int, rope: RopeConfiguration?, frequencies: RotaryFrequencies?
  ) -> [Double] {
    guard let rope, let frequencies else { return head }
    var result = head
    let magnitude = frequencies.magnitude * frequencies.magnitude
    for (pair, frequency) in frequencies.radiansPerPosition.enumerated() {
      let (first, second) =
        rope.layout == .interleaved ? (2 * pair, 2 * pair + 1) : (pair, pair + rope.rotaryDimension / 2)
      let angle = Double(position) * frequency
      let (c, s) = (cos(angle) * magnitude, sin(angle) * magnitude)
      result[first] = head[first] * c - head[second] * s
      result[second] = head[first] * s + head[second] * c
    }
    return result
  }

  /// `queries[token][head]`, `keys[token][kvHead]`, `values[token][kvHead]` are unrotated heads; returns
  /// `[token][head]`.
  static func attend(
    queries: [[[Double]]], keys: [[[Double]]], values: [[[Double]]], policy: PositionPolicy, shape: AttentionShape
  ) -> [[[Double]]] {
    // A local layer's own window, at true distances; a global layer's grouping.
    let (window, isLocal) =
      switch shape.span {
      case .all: (Int.max, false)
      case .window(let count): (count, true)
      case .windowUnlessGrouped(let count): (policy.groups ? Int.max : count, false)
      }
    let frequencies = shape.rope.map { RotaryFrequencies($0, contextLength: queries.count) }
    let headsPerGroup = queries[0].count / keys[0].count
    let scale = 1 / Double(queries[0][0].count).squareRoot()
    return queries.indices.map { i in
      queries[i].indices.map { head in
        let group = head / headsPerGroup
        let scores = (0...i).map { j in
          if i - j >= window { return -Double.infinity }
          // Only the difference of positions matters: the key stays, the query turns by the relative position.
          let distance = isLocal ? i - j : policy.relativePosition(query: i, key: j)
          let query = rotated(queries[i][head], to: distance, rope: shape.rope, frequencies: frequencies)
          let score = zip(query, keys[j][group]).reduce(0) { $0 + $1.0 * $1.1 } * scale
          return shape.scoreCap.map { Double($0) * tanh(score / Double($0)) } ?? score
        }
        let maximum = scores.max() ?? 0
        let weights = scores.map { exp($0 - maximum) }
        let total = weights.reduce(0, +)
        return values[0][group].indices.map { d in
          (0...i).reduce(0) { $0 + weights[$1] * values[$1][group][d] } / total
        }
      }
    }
  }
}
