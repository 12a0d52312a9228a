import Attention
import Core
import Testing

/// Largest difference between two rows of numbers; NaN counts as infinite.
private func difference(_ left: [Float], _ right: [Float]) -> Float {
  zip(left, right).reduce(Float(0)) { result, pair in
    let distance = abs(pair.0 - pair.1)
    return distance.isNaN ? .infinity : max(result, distance)
  }
}

@Suite("SelfExtend attention over pages")
struct SelfExtendAttentionTests {
  @Test(
    "equals the definition in double precision",
    arguments: [
      (1, 0), (1, 5), (2, 4), (2, 5), (4, 6), (3, 0), (8, 1), (7, 63), (4, 64), (4, 65), (16, 100), (300, 20),
      (2, 1000),
    ])
  func equalsDefinition(groupSize: Int, window: Int) throws {
    let value = AttentionCase(length: 210, groupSize: groupSize, window: window)
    #expect(difference(try value.run(chunks: [210]), value.oracle()) < 2e-5)
  }

  @Test(
    "equals the definition for grouped heads, one key-value head, partial and half-split rotation",
    arguments: [
      (4, 4, 16, 16, RopeConfiguration.Layout.interleaved), (8, 2, 16, 16, .halfSplit), (8, 1, 16, 16, .interleaved),
      (4, 2, 20, 8, .halfSplit), (4, 2, 20, 12, .interleaved), (2, 1, 64, 64, .interleaved), (2, 1, 80, 32, .halfSplit),
    ])
  func equalsDefinitionForShapes(
    queryHeads: Int, keyValueHeads: Int, dimension: Int, rotary: Int, layout: RopeConfiguration.Layout
  ) throws {
    let value = AttentionCase(
      length: 150, groupSize: 4, window: 30, queryHeads: queryHeads, keyValueHeads: keyValueHeads,
      headDimension: dimension, rotaryDimension: rotary, layout: layout)
    #expect(difference(try value.run(chunks: [150]), value.oracle()) < 2e-5)
  }

  @Test(
    "a local layer sees its window at true distances whatever the policy, and caps bound scores",
    arguments: [
      (1, 0, AttentionSpan.window(1)), (1, 0, .window(64)), (1, 0, .window(65)), (4, 30, .window(20)),
      (3, 20, .window(90)), (1, 5, .windowUnlessGrouped(33)), (4, 30, .windowUnlessGrouped(33)), (4, 0, .window(400)),
    ])
  func localLayers(groupSize: Int, window: Int, span: AttentionSpan) throws {
    for cap in [nil, Float(1.5)] {
      var value = AttentionCase(length: 210, groupSize: groupSize, window: window, queryHeads: 4, keyValueHeads: 2)
      (value.shape.span, value.shape.scoreCap) = (span, cap)
      #expect(difference(try value.run(chunks: [210]), value.oracle()) < 2e-5)
    }
  }

  @Test("a layer without positions sees every key as it is, under any policy")
  func withoutPositions() throws {
    for (groupSize, window) in [(1, 0), (4, 30)] {
      var value = AttentionCase(length: 150, groupSize: groupSize, window: window)
      value.shape.rope = nil
      #expect(difference(try value.run(chunks: [150]), value.oracle()) < 2e-5)
    }
  }

  @Test(
    "local layers give the same bytes for any chunks, threads and cuts",
    arguments: [AttentionSpan.window(1), .window(63), .window(64), .window(700), .window(1100)])
  func localLayersKeepBytes(span: AttentionSpan) throws {
    for groupSize in [1, 4] {
      var value = AttentionCase(
        length: 2500, groupSize: groupSize, window: 30 * (groupSize - 1), queryHeads: 4, keyValueHeads: 1)
      value.shape.span = span
      let whole = try value.run(chunks: [2500], kv: .i16).map(\.bitPattern)
      let decoding = [2450] + Array(repeating: 1, count: 50)
      for (chunks, threads) in [(value.randomChunks(largest: 300, seed: 3), 1), (decoding, 3), (decoding, 16)] {
        #expect(try value.run(chunks: chunks, threads: threads, kv: .i16).map(\.bitPattern) == whole)
      }
      let cut = try value.run(chunks: [2400, 10], threads: 2, kv: .i16, cut: (at: 2400, back: 1000))
      #expect(cut.map(\.bitPattern) == whole)
    }
  }

  @Test("grouping composes with linear and per-pair frequency scaling")
  func composesWithScaling() throws {
    for scaling in [RopeConfiguration.Scaling.linear(factor: 4), .perPair(factors: [1, 2, 8, 8])] {
      let value = AttentionCase(length: 130, groupSize: 3, window: 20, scaling: scaling)
      #expect(difference(try value.run(chunks: [130]), value.oracle()) < 2e-5)
    }
  }

  @Test(
    "a cache that is cut back and read on gives the same bytes, however far the ring of neighbor keys had moved",
    arguments: [(1, 0), (2, 5), (4, 40), (8, 64), (5, 0), (3, 130), (64, 200)])
  func cutKeepsBytes(groupSize: Int, window: Int) throws {
    let value = AttentionCase(length: 420, groupSize: groupSize, window: window, queryHeads: 6, keyValueHeads: 2)
    for kv in [KVElementType.i16, .f16, .q8_0] {
      let whole = try value.run(chunks: [420], kv: kv).map(\.bitPattern)
      let cuts: [(at: Int, back: Int)] = [(400, 399), (400, 320), (390, 130), (256, 65), (300, 1), (200, 64)]
      for cut in cuts {
        for (chunk, threads) in [(1, 1), (20, 2), (64, 1)] {
          let chunks = Array(repeating: chunk, count: 420)
          let bytes = try value.run(chunks: chunks, threads: threads, kv: kv, cut: cut).map(\.bitPattern)
          #expect(bytes == whole, "cut from \(cut.at) to \(cut.back), chunks of \(chunk)")
        }
      }
    }
  }

  @Test(
    "any chunking and any thread count give the same bytes",
    arguments: [
      (1, 0), (2, 5), (4, 6), (8, 64), (5, 0), (3, 63), (64, 200),
    ])
  func chunkingKeepsBytes(groupSize: Int, window: Int) throws {
    let value = AttentionCase(length: 333, groupSize: groupSize, window: window, queryHeads: 6, keyValueHeads: 2)
    for kv in KVElementType.allCases {
      let whole = try value.run(chunks: [333], kv: kv)
      let chunkings = [
        Array(repeating: 1, count: 333), Array(repeating: 7, count: 47) + [4], [64, 64, 64, 64, 64, 13],
        value.randomChunks(largest: 90, seed: 5),
      ]
      for chunks in chunkings {
        #expect(try value.run(chunks: chunks, kv: kv).map(\.bitPattern) == whole.map(\.bitPattern))
      }
      for threads in [2, 3] {
        #expect(try value.run(chunks: [333], threads: threads, kv: kv).map(\.bitPattern) == whole.map(\.bitPattern))
      }
    }
  }

  @Test("a text longer than one softmax split keeps its bytes and its value")
  func longerThanASplit() throws {
    let value = AttentionCase(length: 1300, groupSize: 8, window: 70)
    let whole = try value.run(chunks: [1300])
    let chunked = try value.run(chunks: value.randomChunks(largest: 200, seed: 9))
    #expect(chunked.map(\.bitPattern) == whole.map(\.bitPattern))
    #expect(difference(whole, value.oracle()) < 2e-5)
  }

  @Test("keys divided over more threads than there are heads keep their bytes", arguments: [2, 5, 16, 64])
  func manyThreadsKeepBytes(threads: Int) throws {
    let value = AttentionCase(length: 3400, groupSize: 8, window: 200, queryHeads: 2, keyValueHeads: 1)
    let chunks = [3300, 1, 1, 2, 1, 15] + Array(repeating: 8, count: 10)
    for kv in [KVElementType.f32, .q8_0] {
      let alone = try value.run(chunks: [3400], kv: kv)
      #expect(try value.run(chunks: chunks, threads: threads, kv: kv).map(\.bitPattern) == alone.map(\.bitPattern))
    }
  }

  @Test("heads divided over memory nodes keep their bytes", arguments: [[0, 1], [1, 0, 2], [0, 0, 1, 1, 4]])
  func nodesKeepBytes(nodes: [Int]) throws {
    let value = AttentionCase(length: 1200, groupSize: 8, window: 100, queryHeads: 6, keyValueHeads: 3)
    let alone = try value.run(chunks: [1200])
    let divided = try value.run(chunks: [600, 1, 1, 300, 298], nodes: nodes)
    #expect(divided.map(\.bitPattern) == alone.map(\.bitPattern))
  }

  @Test("G = 1 gives the bytes of plain attention whatever the window")
  func groupOfOneIsPlain() throws {
    let plain = try AttentionCase(length: 200, groupSize: 1, window: 0).run(chunks: [200])
    for window in [1, 32, 64, 500] {
      let same = try AttentionCase(length: 200, groupSize: 1, window: window).run(chunks: [50, 150])
      #expect(same.map(\.bitPattern) == plain.map(\.bitPattern))
    }
  }

  @Test("within the window SelfExtend is plain attention to rounding, beyond it is not")
  func groupingStartsAtTheWindow() throws {
    let plain = try AttentionCase(length: 100, groupSize: 1, window: 0).run(chunks: [100])
    #expect(difference(try AttentionCase(length: 100, groupSize: 4, window: 100).run(chunks: [100]), plain) < 1e-5)
    #expect(difference(try AttentionCase(length: 100, groupSize: 4, window: 20).run(chunks: [100]), plain) > 1e-3)
  }

  @Test(
    "narrow caches stay close to the definition",
    arguments: [
      (KVElementType.i16, Float(2e-3)), (.f16, 2e-3), (.bf16, 2e-2), (.q8_0, 3e-2),
    ])
  func narrowCachesAreClose(kv: KVElementType, bound: Float) throws {
    for dimension in [16, 32, 80] {
      let value = AttentionCase(length: 200, groupSize: 4, window: 40, headDimension: dimension)
      let off = difference(try value.run(chunks: [150, 50], kv: kv), value.oracle())
      #expect(off < bound)
      // And it is this type that was stored.
      #expect(off > bound / 100)
    }
  }
}
