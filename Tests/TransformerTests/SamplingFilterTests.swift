import Core
import Foundation
import Testing

@testable import Transformer

/// Biases, the minimum of new tokens, and the filters beside top-k, top-p and min-p.
@Suite("Filters of the draw")
struct SamplingFilterTests {
  private static func draw(
    _ row: [Float], _ parameters: SamplingParameters, position: Int = 0, answerIndex: Int = 0
  ) -> TokenID {
    var sampler = LogitsSampler(vocabularySize: row.count)
    return row.withUnsafeBufferPointer {
      sampler.sample(
        $0, parameters: parameters, history: TokenHistory(), position: position, answerIndex: answerIndex)
    }
  }

  /// The tokens that can come.
  private static func drawn(_ row: [Float], _ change: (inout SamplingParameters) -> Void) -> Set<TokenID> {
    var parameters = SamplingParameters()
    change(&parameters)
    return Set((0..<3000).map { draw(row, parameters, position: $0) })
  }

  @Test("a bias moves a logit before anything else looks at it, and -infinity excludes a token")
  func biases() {
    let row: [Float] = [1, 3, 2, -100]
    var parameters = SamplingParameters.greedy
    parameters.logitBiases = [LogitBias(token: 3, bias: 100), LogitBias(token: 1, bias: -.infinity)]
    #expect(Self.draw(row, parameters) == 2)
    parameters.logitBiases = [
      LogitBias(token: 3, bias: 99), LogitBias(token: 0, bias: 1.5), LogitBias(token: 9, bias: 5),
    ]
    #expect(Self.draw(row, parameters) == 1)
    #expect(Self.drawn(row) { $0.logitBiases = [LogitBias(token: 1, bias: -.infinity)] } == [0, 2])
  }

  @Test("no end token comes before the minimum of new tokens, and it comes right after")
  func minimum() {
    let row: [Float] = [1, 9, 8]
    var parameters = SamplingParameters.greedy
    (parameters.minimumNewTokens, parameters.endTokens) = (2, [1, 7])
    #expect([0, 1, 2, 3].map { Self.draw(row, parameters, answerIndex: $0) } == [2, 2, 1, 1])
  }

  @Test("top-n-sigma keeps what is near the largest logit, whatever the temperature")
  func sigma() {
    // Mean 2, standard deviation 2.
    let row: [Float] = [0, 0, 4, 4]
    for temperature: Float in [0.5, 1, 50] {
      #expect(
        Self.drawn(row) { ($0.topNSigma, $0.temperature) = (1, temperature) } == [2, 3], "\(temperature)")
    }
    #expect(Self.drawn(row) { ($0.topNSigma, $0.temperature) = (2, 50) } == [0, 1, 2, 3])
  }

  @Test("typical-p keeps what is about as surprising as expected, and drops the likeliest where that is not")
  func typical() {
    // Probabilities 0.4, 0.15 four times: the entropy is nearer to that of the smaller ones.
    let row: [Float] = [0.4, 0.15, 0.15, 0.15, 0.15].map { Float(log(Double($0))) }
    #expect(Self.drawn(row) { $0.typicalP = 0.55 } == [1, 2, 3, 4])
    #expect(Self.drawn(row) { $0.typicalP = 0.14 } == [1])
    #expect(Self.drawn(row) { $0.typicalP = 0.7 } == [0, 1, 2, 3, 4])
    #expect(Self.drawn([5, 0, 0]) { $0.typicalP = 0.2 } == [0])
  }

  @Test("XTC drops the likely tokens but the last of them, as often as it is asked to")
  func exclusion() {
    let row: [Float] = [0.4, 0.3, 0.2, 0.1].map { Float(log(Double($0))) }
    #expect(Self.drawn(row) { ($0.xtcProbability, $0.xtcThreshold) = (1, 0.15) } == [2, 3])
    #expect(Self.drawn(row) { ($0.xtcProbability, $0.xtcThreshold) = (1, 0.35) } == [0, 1, 2, 3])
    #expect(Self.drawn(row) { ($0.xtcProbability, $0.xtcThreshold) = (0, 0.15) } == [0, 1, 2, 3])
    // Shares are of what the filters before it keep.
    #expect(Self.drawn(row) { ($0.xtcProbability, $0.xtcThreshold, $0.topK) = (1, 0.4, 2) } == [1])
    var parameters = SamplingParameters()
    (parameters.xtcProbability, parameters.xtcThreshold) = (0.25, 0.15)
    let kept = (0..<8000).filter { Self.draw(row, parameters, position: $0) < 2 }.count
    #expect(abs(Double(kept) / 8000 - 0.75 * 0.7) < 0.02)
  }

  @Test("the same row, parameters and position give the same token, whatever was drawn before")
  func repeats() {
    let row = (0..<500).map { Float(CounterRandom(seed: 3).uniform(position: $0)) * 8 }
    var parameters = SamplingParameters()
    (parameters.typicalP, parameters.topNSigma, parameters.xtcProbability) = (0.9, 2, 0.5)
    parameters.logitBiases = [LogitBias(token: 4, bias: 2)]
    var sampler = LogitsSampler(vocabularySize: row.count)
    for position in 0..<50 {
      let token = row.withUnsafeBufferPointer {
        sampler.sample($0, parameters: parameters, history: TokenHistory(), position: position, answerIndex: position)
      }
      #expect(token == Self.draw(row, parameters, position: position, answerIndex: position))
    }
  }
}
