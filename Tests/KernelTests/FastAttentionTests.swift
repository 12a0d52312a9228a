import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite struct FastAttentionTests {
    /// Rows at the corners of blocks and windows, in no order.
    static let positions: [Int64] = AttentionTests.positions

    static func problem(
      _ type: lh_type, head: Int, keyCount: Int = 270, window: Int, span: Int = 0, cap: Float = 0,
      positions: [Int64] = positions, seed: UInt64
    ) -> AttentionProblem {
      var problem = AttentionProblem(
        type, head: head, keyCount: keyCount, window: window, positions: positions, seed: seed)
      (problem.span, problem.cap, problem.isFast) = (span, cap, true)
      return problem
    }

    /// The largest distance of a row's output from the definition in double precision, and the root mean square.
    static func distance(_ problem: AttentionProblem, _ out: [Float]) -> (largest: Double, usual: Double) {
      var (largest, squares) = (0.0, 0.0)
      for row in problem.positions.indices {
        for (got, expected) in zip(out[row * problem.head..<(row + 1) * problem.head], problem.oracle(row: row)) {
          let distance = abs(Double(got) - expected)
          largest = distance <= largest ? largest : distance
          squares += distance * distance
        }
      }
      return (largest, (squares / Double(out.count)).squareRoot())
    }

    @Test(
      "Fast attention comes near the definition, and the same bytes everywhere", arguments: AttentionTests.windows)
    func matchesDefinition(window: Int) {
      for type in keyValueTypes {
        for head in [1, 7, 8, 64, 72, 80, 128, 256] {
          let problem = Self.problem(type, head: head, window: window, seed: UInt64(head + window))
          _ = sameOnEveryISA("state, type \(type.rawValue), head \(head), w \(window)") { problem.run().all }
          let out = sameOnEveryISA("output") { problem.finish(problem.run()) }
          let distance = Self.distance(problem, out)
          // A value between -1 and 1 errs by at most 2^-9, and no mean of them by more; weights' errors come on top.
          #expect(distance.largest < 4e-3, "type \(type.rawValue), head \(head), window \(window)")
          #expect(distance.usual < 1.5e-3, "type \(type.rawValue), head \(head), window \(window)")
        }
      }
    }

    @Test("Scores err by far less than bf16 would have them")
    func scores() {
      // Value j is the unit vector j: outputs are weights. Scores are around 30, of queries and keys with a few large
      // elements, as rotary embeddings make them.
      let head = 64
      var worst = 0.0
      for seed in 1...8 as ClosedRange<UInt64> {
        var problem = Self.problem(LH_I16, head: head, keyCount: 64, window: 0, positions: [63], seed: seed)
        var numbers = Numbers(seed)
        problem.groupedQueries = numbers.floats(head)
        for d in [3, 40] { problem.groupedQueries[d] *= 20 }
        for slot in 0..<64 {
          lh_store_value(
            LH_I16, (0..<head).map { Float($0 == slot ? 1 : 0) }, &problem.valueBlocks[0], Int64(head), Int64(head),
            Int64(slot))
        }
        let out = problem.finish(problem.run())
        let scores = (0..<64).map { slot in
          zip(problem.groupedQueries, problem.groupedKeys[slot]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        }
        let most = scores.max() ?? 0
        let total = scores.reduce(0) { $0 + exp($1 - most) }
        for (got, score) in zip(out, scores) where exp(score - most) / total > 1e-3 {
          worst = max(worst, abs(Double(got) / (exp(score - most) / total) - 1))
        }
      }
      // bf16's own rounding of weights takes 2^-8; scores would take 30 * 2^-9 in bf16.
      #expect(worst < 0.012)
    }

    @Test(
      "With a span and a cap, too, it comes near the definition, and the same bytes everywhere",
      arguments: [(1, 0), (2, 0), (63, 0.5), (64, 0), (65, 2), (100, 0), (300, 0.5), (0, 2)] as [(Int, Float)])
    func spanAndCap(span: Int, cap: Float) {
      for (type, window) in [(LH_F32, 0), (LH_I16, 0), (LH_Q8_0, 70)] {
        let problem = Self.problem(type, head: 72, window: window, span: span, cap: cap, seed: UInt64(span + 1))
        _ = sameOnEveryISA("state, span \(span), cap \(cap)") { problem.run().all }
        let out = sameOnEveryISA("output") { problem.finish(problem.run()) }
        #expect(Self.distance(problem, out).largest < 4e-3, "span \(span), cap \(cap)")
      }
    }

    @Test("A row alone has the bytes it has in any company, in a tile of a block or of many")
    func rowInvariance() {
      for (window, span) in [(0, 0), (1, 0), (64, 0), (65, 0), (0, 1), (0, 64), (0, 90)] {
        for type in [LH_I16, LH_Q8_0, LH_F16] {
          let problem = Self.problem(type, head: 80, keyCount: 200, window: window, span: span, seed: 21)
          for isa in everyISA {
            with(isa) {
              let all = problem.run()
              for rows in [[0], [5], [18], [3, 4], [18, 2, 0], Array(1...7), Array((0..<19).reversed())] {
                let some = problem.run(rows: rows)
                for (index, row) in rows.enumerated() {
                  #expect(some.maximum[index].bitPattern == all.maximum[row].bitPattern)
                  #expect(some.sum[index].bitPattern == all.sum[row].bitPattern)
                  #expect(bits(some.acc[index * 80..<(index + 1) * 80]) == bits(all.acc[row * 80..<(row + 1) * 80]))
                }
              }
            }
          }
        }
      }
    }

    @Test("Keys of a later chunk, which may be there or not, do not show")
    func laterKeys() {
      // The same row when its block ends with its own key, and when the block is full.
      for type in keyValueTypes {
        let whole = Self.problem(type, head: 72, keyCount: 128, window: 20, positions: [70, 97], seed: 9)
        for isa in everyISA {
          with(isa) {
            let expected = whole.run()
            for (row, end) in [(0, 71), (1, 98), (1, 99)] {
              let state = whole.run(rows: [row], keyCount: end)
              #expect(bits(state.acc) == bits(expected.acc[row * 80..<(row + 1) * 80]))
              #expect(state.sum[0].bitPattern == expected.sum[row].bitPattern)
            }
          }
        }
      }
    }

    @Test(
      "What lies behind the visible keys does not show, finite or not",
      arguments: [0x00, 0x45, 0xc4, 0xff] as [UInt8])
    func staleBytes(filler: UInt8) {
      for type in keyValueTypes {
        let clean = Self.problem(
          type, head: 40, keyCount: 100, window: 20, positions: [70, 99, 64, 30, 98, 1000], seed: 4)
        var dirty = clean
        dirty.spoil(from: 100, with: filler)
        for isa in everyISA {
          with(isa) { #expect(bits(clean.run().all) == bits(dirty.run().all)) }
        }
      }
    }

    @Test("A value that is not finite spoils the rows that see it and no others")
    func valuesThatAreNotFinite() {
      for (type, value) in [(LH_F32, Float.infinity), (LH_F32, .nan), (LH_I16, 1e9), (LH_BF16, -.infinity)] {
        let clean = Self.problem(type, head: 24, keyCount: 64, window: 0, positions: [10, 11, 40], seed: 12)
        var dirty = clean
        let row = [Float](repeating: value, count: 24)
        lh_store_value(type, row, &dirty.valueBlocks[0], 24, Int64(clean.stride), 11)
        let spoiled = sameOnEveryISA("spoiled") { dirty.run().all }
        #expect(bits(dirty.run(rows: [0]).all) == bits(clean.run(rows: [0]).all))
        #expect(bits(spoiled[6..<6 + clean.stride]) == bits(clean.run().acc[..<clean.stride]))
        #expect(dirty.finish(dirty.run(rows: [1])).contains { !(abs($0) < 1e3) })
      }
    }

    @Test("A row that sees no key of a tile is left untouched, and one that never sees any gives zeros")
    func invisible() {
      let problem = Self.problem(LH_F32, head: 16, keyCount: 128, window: 8, positions: [10, 100], seed: 5)
      for isa in everyISA {
        with(isa) {
          let first = problem.run(blocks: 0..<1)
          let both = problem.run(blocks: 1..<2, state: first)
          #expect(bits(both.acc[..<16]) == bits(first.acc[..<16]))
          #expect(both.sum[0] == first.sum[0] && both.maximum[0] == first.maximum[0])
          #expect(both.sum[1] != first.sum[1])
          let unseen = problem.run(rows: [0], blocks: 1..<2)
          #expect(unseen.maximum == [-.infinity] && unseen.sum == [0])
        }
      }
    }

    @Test("Integers are as large as they may be: no product of two vectors of them overflows")
    func extremes() {
      for head in [1, 2, 3, 64, 80, 128, 256, 512] {
        var numbers = Numbers(UInt64(head))
        let flat = [Float](repeating: 1e6, count: head)
        let queries = [
          flat, [1e6] + flat.dropFirst().map { _ in 1 }, numbers.floats(head),
          numbers.floats(head).map { $0 * $0 * $0 },
        ]
        for query in queries {
          var (integers, scales) = ([Int16](repeating: 0, count: head + 1), [Float](repeating: 0, count: 1))
          lh_round_queries(query, Int64(head), 1, Int64(head), &integers, &scales)
          let squares = integers.reduce(0) { $0 + Int($1) * Int($1) }
          #expect(squares <= Int(Int32.max), "head \(head)")
          // As large as they may be: nearly as long, or one of them as large as 16 bits hold.
          #expect(squares > 2_130_000_000 || integers.contains { abs(Int($0)) == 32767 }, "head \(head): \(squares)")
          for (integer, number) in zip(integers, query) {
            #expect(abs(Float(integer) * scales[0] - number) <= scales[0] * 0.502)
          }
        }
      }
    }
  }
}
