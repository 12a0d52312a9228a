import Core
import Testing

@Suite("Methods of far positions")
struct PositionMethodTests {
  private func rows(_ policy: PositionPolicy, _ indices: [Int]) -> [[Int]] {
    indices.map { query in (0...query).map { policy.relativePosition(query: query, key: $0) } }
  }

  @Test("ReRoPE sees all grouped keys at the window: w = 3")
  func reRoPE() throws {
    let policy = try #require(PositionPolicy(.reRoPE, neighborWindow: 3, trainedLength: 8))
    #expect(
      rows(policy, Array(0..<6)) == [
        [0], [1, 0], [2, 1, 0], [3, 2, 1, 0], [3, 3, 2, 1, 0], [3, 3, 3, 2, 1, 0],
      ])
    #expect(policy.relativePosition(query: Limits.maximumContext - 1, key: 0) == 3)
  }

  @Test("STRING moves distances from S on to W: S = 4, W = 1")
  func string() throws {
    let policy = try #require(PositionPolicy(.string, neighborWindow: 4, farStart: 1, trainedLength: 12))
    #expect(
      rows(policy, [3, 4, 5, 7]) == [
        [3, 2, 1, 0], [1, 3, 2, 1, 0], [2, 1, 3, 2, 1, 0], [4, 3, 2, 1, 3, 2, 1, 0],
      ])
  }

  @Test("Jet-Long groups without a shift: w0 = 2, G = 2")
  func jetLong() throws {
    let policy = try #require(PositionPolicy(.jetLong, groupSize: 2, neighborWindow: 3, trainedLength: 8))
    #expect(
      rows(policy, [2, 3, 4, 5, 7]) == [
        [2, 1, 0], [1, 2, 1, 0], [2, 2, 2, 1, 0], [2, 2, 1, 2, 1, 0], [3, 3, 2, 2, 1, 2, 1, 0],
      ])
  }

  @Test("every distance is the one of the method's own definition")
  func definitions() throws {
    for (size, window, start) in [(1, 0, 0), (2, 5, 3), (3, 1, 0), (7, 20, 20), (64, 9, 4)] {
      func policy(_ method: PositionMethod) throws -> PositionPolicy {
        try #require(
          PositionPolicy(method, groupSize: size, neighborWindow: window, farStart: start, trainedLength: 100))
      }
      let (reRoPE, string, jetLong) = (try policy(.reRoPE), try policy(.string), try policy(.jetLong))
      for query in 0..<90 {
        for key in 0...query {
          let (distance, isNear) = (query - key, query - key < window)
          #expect(reRoPE.relativePosition(query: query, key: key) == min(distance, window))
          #expect(string.relativePosition(query: query, key: key) == (isNear ? distance : distance - window + start))
          let grouped = query / size - key / size
          #expect(jetLong.relativePosition(query: query, key: key) == (isNear ? distance : grouped))
          for policy in [reRoPE, string, jetLong] where query >= window {
            #expect((0...query).contains(policy.groupedQueryPosition(query)))
          }
        }
      }
    }
  }

  @Test("the longest length is exact, and no length is too long for ReRoPE")
  func longestLength() throws {
    func longest(_ policy: PositionPolicy?) throws -> Int {
      let policy = try #require(policy)
      let longest = policy.longestLength
      if longest < Limits.maximumContext {
        #expect(policy.largestRelativePosition(length: longest) == policy.trainedLength - 1)
        #expect(policy.largestRelativePosition(length: longest + 1) == policy.trainedLength)
      }
      return longest
    }
    let trained = 4096
    #expect(
      try longest(PositionPolicy(.string, neighborWindow: 1365, farStart: 128, trainedLength: trained)) == 4096 + 1237)
    #expect(
      try longest(PositionPolicy(.jetLong, groupSize: 4, neighborWindow: 1024, trainedLength: trained)) == 16_384)
    #expect(
      try longest(PositionPolicy(.reRoPE, neighborWindow: 4095, trainedLength: trained)) == Limits.maximumContext)
    let far = try #require(PositionPolicy(.reRoPE, neighborWindow: 1024, trainedLength: trained))
    #expect(far.largestRelativePosition(length: Limits.maximumContext) == 1024)
    for method in PositionMethod.allCases {
      let tooNear = try #require(
        PositionPolicy(method, groupSize: 4, neighborWindow: 5000, farStart: 1, trainedLength: trained))
      #expect(tooNear.longestLength == trained, "neighbor keys alone pass it")
    }
  }

  @Test("only methods that keep keys at two positions have a ring of neighbor keys")
  func rings() throws {
    let string = try #require(PositionPolicy(.string, neighborWindow: 40, farStart: 8, trainedLength: 100))
    #expect(string.groups && string.hasNeighbors && !string.hasNeighborKeys)
    let reRoPE = try #require(PositionPolicy(.reRoPE, neighborWindow: 40, trainedLength: 100))
    #expect(reRoPE.hasNeighborKeys)
    let still = try #require(PositionPolicy(.string, neighborWindow: 40, farStart: 40, trainedLength: 100))
    #expect(!still.groups && still.methodName == "plain")
  }

  @Test("numbers out of range make no policy")
  func invalidValues() {
    #expect(PositionPolicy(.string, neighborWindow: 4, farStart: 5, trainedLength: 8) == nil)
    #expect(PositionPolicy(.string, neighborWindow: 4, farStart: -1, trainedLength: 8) == nil)
    #expect(PositionPolicy(.reRoPE, neighborWindow: .max, trainedLength: 8) == nil)
    #expect(PositionPolicy(.jetLong, groupSize: 0, neighborWindow: 4, trainedLength: 8) == nil)
    #expect(PositionPolicy(.jetLong, groupSize: 2, neighborWindow: 4, trainedLength: 0) == nil)
  }
}
