import Core
import Tensors
import Testing

@testable import Attention

@Suite("Norms of heads")
struct HeadNormsTests {
  /// By definition: over the root of the mean square, times the weights.
  private func expected(_ head: [Float], _ weights: [Float], epsilon: Float) -> [Double] {
    let meanSquare = head.reduce(0) { $0 + Double($1) * Double($1) } / Double(head.count)
    return zip(head, weights).map { Double($0) * Double($1) / (meanSquare + Double(epsilon)).squareRoot() }
  }

  @Test("a query and a key are each divided by their root mean square and multiplied by weights of their own")
  func normalize() {
    let head = (0..<24).map { Float($0 * $0 % 17) - 6 }
    let queryWeights = (0..<24).map { 1 + Float($0) / 8 }
    let keyWeights = (0..<24).map { 2 - Float($0) / 16 }
    let norms = HeadNorms(
      .rms(epsilon: 0.01), query: NormWeights(queryWeights), key: NormWeights(keyWeights), headDimension: 24)
    var (query, key) = ([Float](repeating: .nan, count: 24), [Float](repeating: .nan, count: 24))
    norms.normalize(query: head, of: 3, into: &query)
    norms.normalize(key: head, of: 1, into: &key)
    for (found, weights) in [(query, queryWeights), (key, keyWeights)] {
      for (number, expected) in zip(found, expected(head, weights, epsilon: 0.01)) {
        #expect(abs(Double(number) - expected) < 1e-5)
      }
    }
  }

  @Test("where heads have weights of their own, each gets its part of them")
  func ofEachHead() {
    let weights = (0..<8).map { 1 + Float($0) }
    let norms = HeadNorms(
      .rms(epsilon: 0.01), query: NormWeights(weights), key: NormWeights(Array(weights[..<4])), headDimension: 4)
    let head: [Float] = [1, -2, 3, 4]
    var (query, key) = ([Float](repeating: .nan, count: 4), [Float](repeating: .nan, count: 4))
    norms.normalize(query: head, of: 1, into: &query)
    norms.normalize(key: head, of: 0, into: &key)
    for (found, weights) in [(query, weights[4...]), (key, weights[..<4])] {
      for (number, expected) in zip(found, expected(head, Array(weights), epsilon: 0.01)) {
        #expect(abs(Double(number) - expected) < 1e-5)
      }
    }
  }

  @Test("a head of zeros stays one")
  func zeros() {
    let norms = HeadNorms(
      .rms(epsilon: 1e-6), query: NormWeights([1, 1, 1, 1]), key: NormWeights([1, 1, 1, 1]), headDimension: 4)
    var result: [Float] = [9, 9, 9, 9]
    let head: [Float] = [0, 0, 0, 0]
    norms.normalize(query: head, of: 0, into: &result)
    #expect(result == head)
  }
}
