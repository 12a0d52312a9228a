import Core
import Testing

@Suite("SelfExtend positions")
struct PositionPolicyTests {
  private func rows(groupSize: Int, window: Int, _ indices: [Int]) throws -> [[Int]] {
    let policy = try #require(
      PositionPolicy(groupSize: groupSize, neighborWindow: window, trainedLength: 4096))
    return indices.map { query in (0...query).map { policy.relativePosition(query: query, key: $0) } }
  }

  @Test("the paper's figure: w = 4, G = 2, ten tokens")
  func paperFigure() throws {
    #expect(
      try rows(groupSize: 2, window: 4, Array(0..<10)) == [
        [0], [1, 0], [2, 1, 0], [3, 2, 1, 0],
        [4, 3, 2, 1, 0],
        [4, 4, 3, 2, 1, 0],
        [5, 5, 4, 3, 2, 1, 0],
        [5, 5, 4, 4, 3, 2, 1, 0],
        [6, 6, 5, 5, 4, 3, 2, 1, 0],
        [6, 6, 5, 5, 4, 4, 3, 2, 1, 0],
      ])
  }

  @Test("a group size that does not divide the window skips a value: w = 5, G = 2")
  func groupNotDividingWindow() throws {
    #expect(
      try rows(groupSize: 2, window: 5, [5, 6, 7, 11]) == [
        [5, 4, 3, 2, 1, 0],
        [6, 6, 4, 3, 2, 1, 0],
        [6, 6, 5, 4, 3, 2, 1, 0],
        [8, 8, 7, 7, 6, 6, 5, 4, 3, 2, 1, 0],
      ])
  }

  @Test("w = 6, G = 4")
  func windowSixGroupFour() throws {
    #expect(
      try rows(groupSize: 4, window: 6, [6, 8, 12]) == [
        [6, 5, 4, 3, 2, 1, 0],
        [7, 7, 7, 5, 4, 3, 2, 1, 0],
        [8, 8, 8, 8, 7, 7, 7, 5, 4, 3, 2, 1, 0],
      ])
  }

  @Test("with G = 1 every relative position is the distance, for any window")
  func groupOfOneIsPlain() throws {
    for window in [0, 1, 7, 100] {
      let row = try rows(groupSize: 1, window: window, [40])[0]
      #expect(row == Array((0...40).reversed()))
    }
  }

  @Test(
    "the longest length is exact in integers",
    arguments: [
      (2048, 512, 4, 6656), (2048, 512, 12, 18_936), (4096, 1024, 5, 16_380), (4096, 1024, 6, 19_452),
      (4096, 1024, 32, 99_328), (8192, 1024, 5, 36_860), (8192, 2048, 5, 32_765), (8192, 4096, 3, 16_383),
      (32_768, 2048, 8, 247_808),
    ])
  func longestLength(trained: Int, window: Int, groupSize: Int, longest: Int) throws {
    let policy = try #require(
      PositionPolicy(groupSize: groupSize, neighborWindow: window, trainedLength: trained))
    #expect(policy.longestLength == longest)
    #expect(policy.largestRelativePosition(length: longest) == trained - 1)
    #expect(policy.largestRelativePosition(length: longest + 1) == trained)
  }

  @Test("out of range values make no policy")
  func invalidValues() {
    #expect(PositionPolicy(groupSize: 0, neighborWindow: 4, trainedLength: 8) == nil)
    #expect(PositionPolicy(groupSize: 1, neighborWindow: -1, trainedLength: 8) == nil)
    #expect(PositionPolicy(groupSize: 1, neighborWindow: 0, trainedLength: 0) == nil)
    #expect(PositionPolicy(groupSize: .max, neighborWindow: 0, trainedLength: 8) == nil)
  }

  @Test("plain attention is group size 1 up to the trained length")
  func plain() {
    let plain = PositionPolicy.plain(trainedLength: 100)
    #expect(plain == PositionPolicy(groupSize: 1, neighborWindow: 0, trainedLength: 100))
    #expect(!plain.groups && plain.longestLength == 100)
  }
}
