import CKernels
import Core
import Testing

@testable import Transformer

@Suite("Drawing a token")
struct LogitsSamplerTests {
  /// The same rules with everything sorted.
  private func plainly(_ logits: [Float], _ parameters: SamplingParameters, position: Int) -> TokenID {
    let maximum = logits.max() ?? 0
    let weights = logits.map { lh_exp(($0 - maximum) * (1 / parameters.temperature)) }
    var kept = weights.indices.filter { weights[$0] > 0 }
    kept.sort { weights[$0] != weights[$1] ? weights[$0] > weights[$1] : $0 < $1 }
    if parameters.topK > 0 { kept = Array(kept.prefix(parameters.topK)) }
    if parameters.topP < 1 {
      let summed = parameters.topK > 0 ? kept : kept.sorted()
      let total = summed.reduce(0.0) { $0 + Double(weights[$1]) }
      var mass = 0.0
      var count = 0
      while count < kept.count, count == 0 || mass < Double(parameters.topP) * total {
        mass += Double(weights[kept[count]])
        count += 1
      }
      kept = Array(kept.prefix(count))
    }
    kept = kept.enumerated().filter { $0.offset == 0 || weights[$0.element] >= parameters.minP }.map(\.element)
    if parameters.topK == 0, parameters.topP >= 1, parameters.minP <= 0 { kept.sort() }
    let target =
      CounterRandom(seed: parameters.seed).uniform(position: position)
      * kept.reduce(0.0) { $0 + Double(weights[$1]) }
    var mass = 0.0
    for token in kept {
      mass += Double(weights[token])
      if mass > target { return TokenID(token) }
    }
    return TokenID(kept.last ?? 0)
  }

  /// Logits with ties, from peaked to flat.
  private func logits(_ count: Int, spread: Float, seed: UInt64) -> [Float] {
    let random = CounterRandom(seed: seed)
    return (0..<count).map { (Float(random.uniform(position: $0)) * 64).rounded() / 64 * spread }
  }

  @Test("keeps what sorting every candidate would keep", arguments: [1, 7, 300, 5000])
  func agreesWithSorting(vocabulary: Int) {
    var sampler = LogitsSampler(vocabularySize: vocabulary)
    for (spread, seed) in [(Float(0), 1), (1, 2), (12, 3), (80, 4), (400, 5)] as [(Float, UInt64)] {
      let row = logits(vocabulary, spread: spread, seed: seed)
      for topK in [0, 1, 2, 40, 100_000] {
        for topP: Float in [0, 0.3, 0.95, 0.999999, 1] {
          for minP: Float in [0, 0.05, 1] {
            var parameters = SamplingParameters()
            (parameters.topK, parameters.topP, parameters.minP) = (topK, topP, minP)
            parameters.temperature = spread == 12 ? 0.7 : 1
            parameters.seed = seed
            for position in 0..<4 {
              let token = row.withUnsafeBufferPointer {
                sampler.sample($0, parameters: parameters, history: TokenHistory(), position: position)
              }
              #expect(token == plainly(row, parameters, position: position), "\(parameters) at \(position)")
            }
          }
        }
      }
    }
  }

  @Test("draws each token as often as its weight says")
  func drawsByWeight() {
    let row: [Float] = [0, 1, 2, 0.5]
    var sampler = LogitsSampler(vocabularySize: 4)
    var counts = [Double](repeating: 0, count: 4)
    for position in 0..<20_000 {
      let token = row.withUnsafeBufferPointer {
        sampler.sample($0, parameters: SamplingParameters(), history: TokenHistory(), position: position)
      }
      counts[Int(token)] += 1
    }
    let weights = row.map { Double(lh_exp($0)) }
    for (count, weight) in zip(counts, weights) {
      #expect(abs(count / 20_000 - weight / weights.reduce(0, +)) < 0.015)
    }
  }

  @Test("greedy takes the largest logit, the lowest id on ties, and penalties before it")
  func greedy() {
    let row: [Float] = [1, 3, 3, -2]
    var sampler = LogitsSampler(vocabularySize: 4)
    var history = TokenHistory()
    var parameters = SamplingParameters.greedy
    func draw() -> TokenID {
      row.withUnsafeBufferPointer { sampler.sample($0, parameters: parameters, history: history, position: 0) }
    }
    #expect(draw() == 1)
    history.append([1], generated: true)
    parameters.presencePenalty = 0.5
    #expect(draw() == 2)
    history.append([2, 2], generated: true)
    parameters.frequencyPenalty = 0.25
    #expect(draw() == 1)
    parameters.repetitionPenalty = 10
    #expect(draw() == 0)
  }
}
