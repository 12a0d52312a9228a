import Attention
import Core
import Testing

/// What the paper says of attention and is not said of positions alone, a test a sentence. `../README.md` maps them.
@Suite("What the SelfExtend paper says of attention")
struct PaperAttentionTests {
  static let policies = [(2, 4), (2, 5), (4, 6), (8, 64), (16, 0), (300, 20)]

  private func difference(_ left: some Sequence<Float>, _ right: some Sequence<Float>) -> Float {
    zip(left, right).reduce(Float(0)) { result, pair in
      let distance = abs(pair.0 - pair.1)
      return distance.isNaN ? .infinity : max(result, distance)
    }
  }

  @Test("values are not touched: where all are equal, so is every output", arguments: policies)
  func valuesAreUntouched(groupSize: Int, window: Int) throws {
    var value = AttentionCase(length: 150, groupSize: groupSize, window: window)
    let dimension = value.shape.headDimension
    let one = (0..<dimension).map { Float($0) - 3 }
    value.values = (0..<150).flatMap { _ in one }
    let output = try value.run(chunks: [100, 50])
    #expect(difference(output, (0..<output.count).map { one[$0 % dimension] }) < 1e-5)
  }

  @Test(
    "each score comes from one region and one softmax runs over both: weights of equal scores are 1/n",
    arguments: [
      (2, 4), (4, 6), (8, 64), (16, 0),
    ])
  func oneSoftmax(groupSize: Int, window: Int) throws {
    var value = AttentionCase(length: 100, groupSize: groupSize, window: window)
    value.queries = value.queries.map { _ in 0 }
    let output = try value.run(chunks: [100])
    let (dimension, querySize) = (value.shape.headDimension, value.shape.querySize)
    for token in [0, 3, 50, 99] {
      for index in 0..<dimension {
        let mean = (0...token).reduce(Float(0)) { $0 + value.values[$1 * dimension + index] } / Float(token + 1)
        #expect(abs(output[token * querySize + index] - mean) < 1e-5)
      }
    }
  }

  @Test(
    "the order of keys within a group is not seen, that of neighbors is",
    arguments: [
      (4, 8), (8, 16), (5, 20),
    ])
  func orderWithinGroups(groupSize: Int, window: Int) throws {
    let value = AttentionCase(length: 121, groupSize: groupSize, window: window)
    let last = value.queries.count - value.shape.querySize
    let expected = try value.run(chunks: [121])[last...]
    func swapping(_ first: Int, _ second: Int) throws -> ArraySlice<Float> {
      var other = value
      let size = value.shape.keyValueSize
      for index in 0..<size {
        other.keys.swapAt(first * size + index, second * size + index)
        other.values.swapAt(first * size + index, second * size + index)
      }
      return try other.run(chunks: [121])[last...]
    }
    #expect(difference(try swapping(2 * groupSize, 3 * groupSize - 1), expected) < 1e-5)
    #expect(difference(try swapping(2 * groupSize, 3 * groupSize), expected) > 1e-4)
    #expect(difference(try swapping(119, 120), expected) > 1e-4)
  }

  @Test("grouping and YaRN compose: frequencies and temperature act on grouped positions")
  func yarn() throws {
    for (dimension, rotary) in [(8, 8), (16, 8)] {
      let value = AttentionCase(
        length: 130, groupSize: 4, window: 10, headDimension: dimension, rotaryDimension: rotary,
        scaling: .yarn(factor: 4, originalLength: 64, betaFast: 32, betaSlow: 1, attentionFactor: 1.1386))
      #expect(difference(try value.run(chunks: [130]), value.oracle()) < 5e-5)
    }
  }
}
