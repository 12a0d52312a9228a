package import Core

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// How fast each rotated pair of a head turns: radians a position, in Double, scaling of the checkpoint applied.
///
/// Grouping acts on positions before this; it composes with every scaling (SelfExtend §3, RoPE section).
package struct RotaryFrequencies: Sendable {
  /// Radians a position, one a pair: `rotaryDimension / 2` of them.
  package let radiansPerPosition: [Double]
  /// Multiplies rotated queries and keys.
  package let magnitude: Double

  /// - Parameter contextLength: positions that may be asked for; LongRoPE chooses its factors by it.
  package init(_ rope: RopeConfiguration, contextLength: Int) {
    let pairCount = rope.rotaryDimension / 2
    let plain = (0..<pairCount).map { pair in
      pow(rope.base, -2 * Double(pair) / Double(rope.rotaryDimension))
    }
    magnitude = rope.magnitude
    switch rope.scaling {
    case .none:
      radiansPerPosition = plain
    case .linear(let factor):
      radiansPerPosition = plain.map { $0 / factor }
    case .perPair(let factors):
      precondition(factors.count == pairCount, "one frequency factor a rotated pair")
      radiansPerPosition = zip(plain, factors).map { $0 / Double($1) }
    case .longRope(let short, let long, let originalLength, _):
      let factors = contextLength > originalLength ? long : short
      precondition(factors.count == pairCount, "one frequency factor a rotated pair")
      radiansPerPosition = zip(plain, factors).map { $0 / Double($1) }
    case .yarn(let factor, let originalLength, let betaFast, let betaSlow, _, let rounds):
      let ramp = YarnRamp(
        rotaryDimension: rope.rotaryDimension, base: rope.base, originalLength: originalLength, betaFast: betaFast,
        betaSlow: betaSlow, roundsRamp: rounds)
      radiansPerPosition = plain.enumerated().map { pair, radians in
        let kept = ramp.keptShare(pair: pair)
        return radians * kept + radians / factor * (1 - kept)
      }
    }
  }
}

/// YaRN's ramp over pairs: 1 keeps a pair's frequency (it turns often within the original length), 0 divides it.
struct YarnRamp {
  private let low: Double
  private let high: Double

  init(
    rotaryDimension: Int, base: Double, originalLength: Int, betaFast: Double, betaSlow: Double, roundsRamp: Bool = true
  ) {
    /// The pair that turns `rotations` times over the original length.
    func pair(rotations: Double) -> Double {
      Double(rotaryDimension) * log(Double(originalLength) / (rotations * 2 * Double.pi)) / (2 * log(base))
    }
    let (fast, slow) = (pair(rotations: betaFast), pair(rotations: betaSlow))
    low = max(0, roundsRamp ? fast.rounded(.down) : fast)
    high = min(Double(rotaryDimension - 1), roundsRamp ? slow.rounded(.up) : slow)
  }

  func keptShare(pair: Int) -> Double {
    1 - min(1, max(0, (Double(pair) - low) / max(0.001, high - low)))
  }
}
