import Core
import Testing

/// What the paper (arXiv 2401.01325) and its authors' code say of positions, a test a sentence.
/// `../README.md` maps them.
@Suite("What the SelfExtend paper says of positions")
struct PaperPositionTests {
  /// G and w, G dividing w or not, larger than w, and windows of 0 and 1.
  static let policies = [(2, 4), (2, 5), (4, 6), (3, 1), (5, 0), (7, 3), (8, 64), (5, 64), (16, 16), (1, 9)]

  private func policy(_ groupSize: Int, _ window: Int, trained: Int = 4096) throws -> PositionPolicy {
    try #require(PositionPolicy(groupSize: groupSize, neighborWindow: window, trainedLength: trained))
  }

  @Test("every query has exactly w neighbors, itself included, at their true distances", arguments: policies)
  func neighborsAreConstant(groupSize: Int, window: Int) throws {
    let policy = try policy(groupSize, window)
    for query in 0..<300 {
      for key in max(0, query - window + 1)..<(query + 1) where query - key < window {
        #expect(policy.relativePosition(query: query, key: key) == query - key)
      }
      // The first key that is no neighbor is w away, and never nearer than a neighbor could be.
      if groupSize > 1, query >= window {
        #expect(policy.relativePosition(query: query, key: query - window) >= window)
      }
    }
  }

  @Test(
    "the shift w - floor(w/G) starts the groups where the neighbors stop: at distance w it is w or w + 1",
    arguments: policies)
  func groupsStartWhereNeighborsStop(groupSize: Int, window: Int) throws {
    let policy = try policy(groupSize, window)
    for query in window..<(window + 200) {
      let first = policy.relativePosition(query: query, key: query - window)
      #expect(first == window || first == window + 1)
    }
  }

  @Test("a farther key is never seen nearer, and no grouped key at a neighbor's distance", arguments: policies)
  func distancesAreMonotone(groupSize: Int, window: Int) throws {
    let policy = try policy(groupSize, window)
    for query in 0..<300 {
      let row = (0...query).map { policy.relativePosition(query: query, key: $0) }
      #expect(zip(row, row.dropFirst()).allSatisfy { $0 >= $1 })
      let grouped = row.prefix(max(0, query + 1 - window))
      #expect(grouped.allSatisfy { $0 >= window || groupSize == 1 })
    }
  }

  @Test("the floor is taken of each position, not of their difference", arguments: policies)
  func floorOfPositions(groupSize: Int, window: Int) throws {
    let policy = try policy(groupSize, window)
    var differs = false
    for query in window..<300 {
      for key in 0...(query - window) where query - key >= window {
        let expected = query / groupSize - key / groupSize + window - window / groupSize
        #expect(policy.relativePosition(query: query, key: key) == expected)
        differs = differs || expected != (query - key) / groupSize + window - window / groupSize
      }
    }
    // Otherwise this test could not tell the two formulas apart.
    #expect(differs == (groupSize > 1))
  }

  @Test(
    "a key's group is fixed by its own position: all G keys of a group are seen at one distance, for ever",
    arguments: policies)
  func groupsAreFixed(groupSize: Int, window: Int) throws {
    let policy = try policy(groupSize, window)
    for group in 0..<10 {
      let keys = group * groupSize..<(group + 1) * groupSize
      #expect(Set(keys.map(policy.groupedKeyPosition)) == [group])
      let firstQuery = keys.upperBound - 1 + window
      for query in firstQuery..<(firstQuery + 3 * groupSize) {
        #expect(Set(keys.map { policy.relativePosition(query: query, key: $0) }).count == 1)
      }
    }
  }

  @Test("a text no longer than the window is not grouped at all", arguments: policies)
  func shortTextIsUntouched(groupSize: Int, window: Int) throws {
    let policy = try policy(groupSize, window)
    for query in 0..<window {
      for key in 0...query { #expect(policy.relativePosition(query: query, key: key) == query - key) }
    }
  }

  @Test("the longest length is (L - w) * G + w where G divides w, and w mod G less where it does not")
  func longestLength() throws {
    for trained in [64, 256, 2048] {
      for groupSize in 2...17 {
        for window in [1, 5, 16, 48, 63] {
          let policy = try policy(groupSize, window, trained: trained)
          let formula = (trained - window) * groupSize + window
          #expect(policy.longestLength == formula - window % groupSize)
        }
      }
    }
  }

  @Test(
    "up to the longest length no relative and no grouped position reaches L; one token more does",
    arguments: policies.filter { $0.0 > 1 })
  func positionsStayTrained(groupSize: Int, window: Int) throws {
    let policy = try policy(groupSize, window, trained: 80)
    let longest = policy.longestLength
    func largest(query: Int) -> Int {
      (0...query).reduce(0) { max($0, policy.relativePosition(query: query, key: $1)) }
    }
    #expect((0..<longest).allSatisfy { largest(query: $0) < 80 })
    #expect(policy.groupedQueryPosition(longest - 1) < 80)
    #expect(largest(query: longest) == 80)
    #expect(policy.largestRelativePosition(length: longest) == largest(query: longest - 1))
  }

  @Test("16,384 tokens are four too many for L = 4096, w = 1024, G = 5, whatever the formula says")
  func sixteenKilotokens() throws {
    let policy = try policy(5, 1024)
    #expect((4096 - 1024) * 5 + 1024 == 16_384)
    #expect(policy.longestLength == 16_380)
    #expect(policy.largestRelativePosition(length: 16_384) == 4096)
  }

  @Test("the authors' worked case: 15,800 tokens reach position 3,979 with G = 5 and 2,870 with G = 8")
  func workedCase() throws {
    #expect(try policy(5, 1024).largestRelativePosition(length: 15_800) == 3979)
    #expect(try policy(8, 1024).largestRelativePosition(length: 15_800) == 2870)
  }

  /// L, w, N, the smallest G that fits in integers, and the smallest that meets 2/3 L > w + (N - w)/G.
  @Test(
    "the smallest group sizes that fit, and that meet the authors' rule, are those of their table",
    arguments: [
      (2048, 512, 4096, 3, 5), (2048, 512, 8192, 6, 10), (4096, 1024, 8192, 3, 5), (4096, 1024, 16_384, 6, 10),
      (4096, 1024, 32_768, 11, 19), (8192, 1024, 16_384, 3, 4), (8192, 1024, 32_768, 5, 8), (8192, 2048, 32_768, 6, 10),
      (8192, 1024, 65_536, 10, 15), (32_768, 2048, 131_072, 5, 7), (32_768, 2048, 262_144, 9, 14),
    ])
  func smallestGroups(trained: Int, window: Int, length: Int, fitting: Int, byRule: Int) throws {
    let fits = try (2...64).first { try policy($0, window, trained: trained).longestLength >= length }
    #expect(fits == fitting)
    let meetsRule = (2...64).first { 2 * trained * $0 > 3 * (window * $0 + length - window) }
    #expect(meetsRule == byRule)
    // The automatic choice is the next divisor of the window.
    let chosen = try PolicyChoice.forLength(
      length, trainedLength: trained, request: PolicyRequest(neighborWindow: window)
    ).policy
    #expect(chosen.groupSize == (byRule...64).first { window % $0 == 0 })
  }
}
