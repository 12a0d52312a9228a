/// Tokens by falling weight, lowest id first on ties, sorted only as far as a caller reads.
///
/// A filter keeps a few hundred of 128,000 candidates; sorting them all took longer than a small model's forward pass.
/// So weights are counted into buckets by size first, and buckets are collected and sorted from the largest on.
struct WeightRanking {
  /// The first tokens of the ranking, as far as it was extended.
  private(set) var tokens: [Int32] = []
  /// Tokens whose weight is above 0.
  private(set) var candidateCount = 0
  /// Sum of all weights, in the order of their ids.
  private(set) var total = 0.0
  private var bucketCounts = [Int32](repeating: 0, count: bucketCount)
  private var nextBucket = 0

  /// Weights from 1 down to the smallest number above 0, sixteen buckets to each power of two.
  private static let bucketCount = bucket(of: .leastNonzeroMagnitude) + 1

  /// Numbers above 0 order like their bits.
  private static func bucket(of weight: Float) -> Int { Int((Float(1).bitPattern - weight.bitPattern) >> 19) }

  /// - Parameter capacity: tokens there may be.
  init(capacity: Int) { tokens.reserveCapacity(capacity) }

  /// Begins again with `weights` in [0, 1].
  mutating func begin(_ weights: UnsafeBufferPointer<Float>) {
    tokens.removeAll(keepingCapacity: true)
    (candidateCount, total, nextBucket) = (0, 0, 0)
    bucketCounts.withUnsafeMutableBufferPointer { counts in
      counts.update(repeating: 0)
      for weight in weights where weight > 0 {
        counts[Self.bucket(of: weight)] += 1
        candidateCount += 1
        total += Double(weight)
      }
    }
  }

  /// Ranks at least `count` tokens, or all candidates. `weights` are those it began with.
  mutating func extend(to count: Int, _ weights: UnsafeBufferPointer<Float>) {
    let first = nextBucket
    var reached = tokens.count
    while reached < count, nextBucket < Self.bucketCount {
      reached += Int(bucketCounts[nextBucket])
      nextBucket += 1
    }
    guard reached > tokens.count else { return }
    let sorted = tokens.count
    // Buckets first ..< nextBucket hold weights from `low` to `high`.
    let high = Float(bitPattern: Float(1).bitPattern - UInt32(first) << 19)
    let low = Float(1).bitPattern - min(Float(1).bitPattern - 1, UInt32(nextBucket) << 19 - 1)
    for (token, weight) in weights.enumerated() where weight >= Float(bitPattern: low) && weight <= high {
      tokens.append(Int32(token))
    }
    tokens[sorted...].sort { left, right in
      let (a, b) = (weights[Int(left)], weights[Int(right)])
      return a != b ? a > b : left < right
    }
  }

  /// Forgets the first `count` tokens. It cannot be extended afterwards.
  mutating func drop(_ count: Int) { tokens.removeFirst(count) }

  /// Forgets all tokens behind the first `count`.
  mutating func keep(_ count: Int) { tokens.removeLast(tokens.count - count) }
}
