import Attention
import Core
import Testing

@Suite("Attention under every method of far positions")
struct MethodAttentionTests {
  /// A policy for a trained length of 64, with the rows around its window at block edges and beside them.
  static let policies = [
    "rerope:1", "rerope:40", "rerope:64", "rerope:0", "string:85,16", "string:64,0", "string:65,64", "string:1,0",
    "jet-long:4,33", "jet-long:3,64", "jet-long:7,0", "jet-long:300,20", "rerope:1000", "string:1000,3",
    "self:3,20", "self:6,33", "self:16,64", "self:300,0", "self:64,1000",
  ]

  private func value(_ text: String, length: Int, queryHeads: Int = 6, keyValueHeads: Int = 2) throws -> AttentionCase {
    var value = AttentionCase(
      length: length, groupSize: 1, window: 0, queryHeads: queryHeads, keyValueHeads: keyValueHeads)
    value.policy = try PolicyChoice.forLength(length, trainedLength: 64, request: PolicyRequest(text)).policy
    return value
  }

  private func difference(_ left: [Float], _ right: [Float]) -> Float {
    zip(left, right).reduce(0) { max($0, ($1.0 - $1.1).isNaN ? .infinity : abs($1.0 - $1.1)) }
  }

  @Test("equals the definition in double precision", arguments: policies)
  func equalsDefinition(text: String) throws {
    let value = try value(text, length: 210)
    #expect(difference(try value.run(chunks: [210]), value.oracle()) < 2e-5)
    #expect(difference(try value.run(chunks: [150, 60], kv: .i16), value.oracle()) < 2e-3)
  }

  @Test("any chunking, any thread count and fast attention keep their bytes", arguments: policies)
  func chunkingKeepsBytes(text: String) throws {
    for arithmetic in AttentionArithmetic.allCases {
      var value = try value(text, length: 333)
      value.arithmetic = arithmetic
      let whole = try value.run(chunks: [333], kv: .i16).map(\.bitPattern)
      for chunks in [
        Array(repeating: 1, count: 333), [64, 64, 64, 64, 64, 13], value.randomChunks(largest: 90, seed: 5),
      ] {
        #expect(try value.run(chunks: chunks, kv: .i16).map(\.bitPattern) == whole)
      }
      #expect(try value.run(chunks: [333], threads: 3, kv: .i16).map(\.bitPattern) == whole)
    }
  }

  @Test("a cache that is cut back and read on keeps its bytes", arguments: policies)
  func cutKeepsBytes(text: String) throws {
    let value = try value(text, length: 420)
    let whole = try value.run(chunks: [420], kv: .i16).map(\.bitPattern)
    for cut in [(at: 400, back: 399), (at: 400, back: 320), (at: 390, back: 130), (at: 200, back: 64)] {
      let bytes = try value.run(chunks: Array(repeating: 20, count: 21), threads: 2, kv: .i16, cut: cut)
      #expect(bytes.map(\.bitPattern) == whole, "cut from \(cut.at) to \(cut.back)")
    }
  }

  @Test("within the trained length a method without numbers gives the bytes of plain attention")
  func shortTextIsPlain() throws {
    let plain = try value("plain", length: 64).run(chunks: [64], kv: .i16).map(\.bitPattern)
    for text in ["auto", "rerope", "jet-long", "self"] {
      #expect(try value(text, length: 64).run(chunks: [60, 4], kv: .i16).map(\.bitPattern) == plain, "\(text)")
    }
  }
}
