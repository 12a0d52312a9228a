import Attention
import Core
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite("How fast rotated pairs turn")
struct RotaryFrequenciesTests {
  private func frequencies(_ scaling: RopeConfiguration.Scaling, contextLength: Int = 100) -> RotaryFrequencies {
    RotaryFrequencies(
      RopeConfiguration(base: 10_000, rotaryDimension: 64, layout: .interleaved, scaling: scaling),
      contextLength: contextLength)
  }

  @Test("unscaled, linear and per-pair frequencies follow their formulas")
  func simpleScalings() {
    let plain = frequencies(.none).radiansPerPosition
    for pair in 0..<32 { #expect(abs(plain[pair] - pow(10_000, -Double(pair) / 32)) < 1e-15) }
    #expect(frequencies(.linear(factor: 4)).radiansPerPosition == plain.map { $0 / 4 })
    let factors = (0..<32).map { Float($0 + 1) }
    #expect(frequencies(.perPair(factors: factors)).radiansPerPosition == zip(plain, factors).map { $0 / Double($1) })
  }

  @Test(
    "LongRoPE divides by its long factors where the context is longer than the original one, else by its short ones")
  func longRope() {
    let plain = frequencies(.none).radiansPerPosition
    let (short, long) = ((0..<32).map { 1 + Float($0) / 64 }, (0..<32).map { Float($0 + 2) })
    let scaling = RopeConfiguration.Scaling.longRope(
      short: short, long: long, originalLength: 100, attentionFactor: 1.19)
    for (contextLength, factors) in [(100, short), (101, long)] {
      let scaled = frequencies(scaling, contextLength: contextLength)
      #expect(scaled.radiansPerPosition == zip(plain, factors).map { $0 / Double($1) })
      #expect(scaled.magnitude == 1.19)
    }
  }

  @Test("YaRN keeps what turns often within the original length, divides what hardly turns, and ramps between")
  func yarn() {
    let plain = frequencies(.none).radiansPerPosition
    let scaled = frequencies(
      .yarn(factor: 8, originalLength: 2048, betaFast: 32, betaSlow: 1, attentionFactor: 1.2))
    #expect(scaled.magnitude == 1.2)
    for pair in 0..<32 {
      let turns = plain[pair] * 2048 / (2 * Double.pi)
      let ratio = scaled.radiansPerPosition[pair] / plain[pair]
      // A pair's share of the ramp, by the number of the pair that turns 32 times and of the one that turns once.
      let low = (64 * log(2048 / (32 * 2 * Double.pi)) / (2 * log(10_000))).rounded(.down)
      let high = (64 * log(2048 / (2 * Double.pi)) / (2 * log(10_000))).rounded(.up)
      let share = min(1, max(0, (Double(pair) - low) / (high - low)))
      #expect(abs(ratio - (1 - share + share / 8)) < 1e-12)
      if turns > 64 { #expect(ratio == 1) }
      if turns < 0.5 { #expect(abs(ratio - 0.125) < 1e-12) }
    }
  }
}
