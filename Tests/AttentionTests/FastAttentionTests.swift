import Core
import Testing

@Suite("Fast attention")
struct FastAttentionTests {
  private static func value(
    length: Int, groupSize: Int, window: Int, queryHeads: Int = 6, keyValueHeads: Int = 2, headDimension: Int = 8
  ) -> AttentionCase {
    var value = AttentionCase(
      length: length, groupSize: groupSize, window: window, queryHeads: queryHeads, keyValueHeads: keyValueHeads,
      headDimension: headDimension)
    value.arithmetic = .fast
    return value
  }

  private func distance(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).map { abs($0 - $1) }.max() ?? 0 }

  @Test(
    "any chunking and any thread count give the same bytes",
    arguments: [(1, 0), (2, 5), (4, 6), (8, 64), (5, 0), (3, 63), (64, 200)])
  func chunkingKeepsBytes(groupSize: Int, window: Int) throws {
    let value = Self.value(length: 333, groupSize: groupSize, window: window)
    for kv in KVElementType.allCases {
      let whole = try value.run(chunks: [333], kv: kv).map(\.bitPattern)
      let chunkings = [
        Array(repeating: 1, count: 333), Array(repeating: 7, count: 47) + [4], [64, 64, 64, 64, 64, 13],
        value.randomChunks(largest: 90, seed: 5),
      ]
      for chunks in chunkings { #expect(try value.run(chunks: chunks, kv: kv).map(\.bitPattern) == whole) }
      for threads in [2, 3] {
        #expect(try value.run(chunks: [333], threads: threads, kv: kv).map(\.bitPattern) == whole)
      }
    }
  }

  @Test("keys divided over more threads than there are heads keep their bytes", arguments: [2, 5, 16])
  func manyThreadsKeepBytes(threads: Int) throws {
    let value = Self.value(length: 3400, groupSize: 8, window: 200, queryHeads: 2, keyValueHeads: 1)
    let chunks = [3300, 1, 1, 2, 1, 15] + Array(repeating: 8, count: 10)
    let alone = try value.run(chunks: [3400], kv: .i16)
    #expect(try value.run(chunks: chunks, threads: threads, kv: .i16).map(\.bitPattern) == alone.map(\.bitPattern))
  }

  @Test(
    "it comes near the definition in double precision, grouped or not",
    arguments: [(1, 0), (2, 5), (8, 64), (5, 0), (64, 200)])
  func matchesTheDefinition(groupSize: Int, window: Int) throws {
    for dimension in [8, 17, 64, 128] {
      let value = Self.value(length: 200, groupSize: groupSize, window: window, headDimension: dimension)
      // Values are within 2: bf16 errs by 2^-8 of them at most.
      let distance = distance(try value.run(chunks: [200]), value.oracle())
      #expect(distance < 1e-2, "heads of \(dimension)")
      #expect(distance > 1e-6, "heads of \(dimension): nothing was rounded")
    }
  }

  @Test("with a window, a cap, a temperature or no positions it comes as near")
  func kindsOfLayers() throws {
    let changes: [(String, (inout AttentionShape) -> Void)] = [
      ("window", { $0.span = .window(40) }), ("cap", { $0.scoreCap = 3 }),
      ("temperature", { $0.temperature = AttentionTemperature(scale: 0.1, length: 32) }),
      ("no positions", { $0.rope = nil }),
    ]
    for (name, change) in changes {
      var value = Self.value(length: 180, groupSize: 4, window: 40, headDimension: 32)
      change(&value.shape)
      let whole = try value.run(chunks: [180], kv: .i16)
      #expect(try value.run(chunks: [64, 1, 100, 15], kv: .i16).map(\.bitPattern) == whole.map(\.bitPattern))
      var exact = value
      exact.arithmetic = .exact
      #expect(distance(whole, try exact.run(chunks: [180], kv: .i16)) < 1e-2, "\(name)")
    }
  }

  @Test("G = 1 gives the bytes of plain attention whatever the window")
  func groupOfOneIsPlain() throws {
    let plain = try Self.value(length: 200, groupSize: 1, window: 0).run(chunks: [200])
    for window in [1, 32, 64, 500] {
      let same = try Self.value(length: 200, groupSize: 1, window: window).run(chunks: [50, 150])
      #expect(same.map(\.bitPattern) == plain.map(\.bitPattern))
    }
  }
}
