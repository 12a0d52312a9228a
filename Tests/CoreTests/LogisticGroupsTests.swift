import Core
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite("SELF's growing groups")
struct LogisticGroupsTests {
  private func policy(_ capacity: Int, _ window: Int, trained: Int = 1 << 22) throws -> PositionPolicy {
    try #require(PositionPolicy(.logistic, groupSize: capacity, neighborWindow: window, trainedLength: trained))
  }

  /// The group of the first tokens, by the formula and a library's exponential: g(t) = C/(1 + (C - 1)e^(-rt)).
  private func groups(_ capacity: Double, count: Int) -> [Int] {
    var groups: [Int] = []
    var t = 0
    while groups.count < count {
      let size = t == 0 ? 1 : (capacity / (1 + (capacity - 1) * exp(-0.02 * Double(t)))).rounded(.down)
      groups += Array(repeating: t, count: Int(max(1, min(size, capacity - 1))))
      t += 1
    }
    return groups
  }

  @Test(
    "a key's position is its group, which holds floor(g(t)) tokens",
    arguments: [1, 2, 3, 5, 16, 33, 64, 1000, 4_194_304])
  func sizes(capacity: Int) throws {
    let policy = try policy(capacity, 0)
    let expected = groups(Double(capacity), count: 30_000)
    #expect(expected.indices.allSatisfy { policy.groupedKeyPosition($0) == expected[$0] })
  }

  @Test("as many groups of a size as whole numbers between the inverses of it and the next")
  func inverse() throws {
    // The authors' form: groups of s tokens are numbered from g⁻¹(s) to g⁻¹(s + 1), g⁻¹(y) = ln(y(C - 1)/(C - y))/r.
    let capacity = 33.0
    func inverse(_ size: Double) -> Int { Int((log(size * (capacity - 1) / (capacity - size)) / 0.02).rounded(.up)) }
    let policy = try policy(33, 0)
    var position = 0
    for size in 1..<32 {
      for group in inverse(Double(size))..<inverse(Double(size + 1)) {
        #expect(policy.groupedKeyPosition(position) == group && policy.groupedKeyPosition(position + size - 1) == group)
        position += size
      }
    }
    #expect(position > 5000)
    #expect(policy.groupedKeyPosition(position + 32 * 1000) == policy.groupedKeyPosition(position) + 1000)
  }

  @Test("a grouped key is seen at w + p(i - w) - p(j): never nearer than w, farther with every group")
  func distances() throws {
    for (capacity, window) in [(3, 4), (16, 1), (64, 30), (300, 0)] {
      let (policy, p) = (try policy(capacity, window), groups(Double(capacity), count: 400))
      for query in stride(from: 0, to: 400, by: 7) {
        for key in 0...query {
          let (distance, seen) = (query - key, policy.relativePosition(query: query, key: key))
          #expect(seen == (distance < window ? distance : window + p[query - window] - p[key]))
          #expect(seen <= distance && seen >= min(distance, window))
        }
      }
    }
  }

  @Test("the first groups of more than one token, at G = 3 and w = 4")
  func golden() throws {
    let policy = try policy(3, 4)
    // g(69) = 1.996, g(70) = 2.006: tokens 70 and 71 are the first that share a group.
    #expect((68...75).map(policy.groupedKeyPosition) == [68, 69, 70, 70, 71, 71, 72, 72])
    #expect((70...78).map { policy.relativePosition(query: 78, key: $0) } == [6, 6, 5, 5, 4, 3, 2, 1, 0])
  }

  @Test("groups of single tokens are plain attention")
  func plain() throws {
    #expect(try policy(2, 40).methodName == "plain" && !policy(1, 0).groups)
    #expect(try policy(2, 40).relativePosition(query: 300, key: 20) == 280)
    #expect(try policy(3, 40).hasNeighborKeys && policy(3, 0).groups)
  }

  @Test("the longest length is exact")
  func longestLength() throws {
    for (capacity, window) in [(3, 100), (16, 1024), (64, 512), (64, 4096), (4_194_304, 1)] {
      let policy = try policy(capacity, window, trained: 4096)
      let longest = policy.longestLength
      #expect(policy.largestRelativePosition(length: longest) < 4096)
      if longest < Limits.maximumContext { #expect(policy.largestRelativePosition(length: longest + 1) == 4096) }
    }
  }

  @Test("beyond the trained length the least capacity is taken that stays below two thirds of it, or within it")
  func automatic() throws {
    let request = PolicyRequest(.logistic)
    let longest = request.longestLength(trainedLength: 4096)
    for length in [4097, 8192, 16_384, longest] {
      let policy = try PolicyChoice.forLength(length, trainedLength: 4096, request: request).policy
      #expect(policy.neighborWindow == 1024)
      let less = try self.policy(policy.groupSize - 1, 1024, trained: 4096)
      if length < longest {
        #expect(PolicyChoice.meetsRule(policy, length: length))
        #expect(policy.groupSize == 3 || !PolicyChoice.meetsRule(less, length: length))
      } else {
        #expect(!PolicyChoice.meetsRule(policy, length: length))
        #expect(policy.longestLength >= length && less.longestLength < length)
      }
    }
    let refusal = #expect(throws: PolicyRefusal.self) {
      try PolicyChoice.forLength(longest + 1, trainedLength: 4096, request: request)
    }
    #expect(refusal?.longestLength == longest && refusal?.description.contains("SELF") == true)
    #expect(try PolicyChoice.forLength(4096, trainedLength: 4096, request: request).policy.methodName == "plain")
  }
}
