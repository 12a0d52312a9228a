import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite struct AttentionTests {
    static let windows = [0, 1, 63, 64, 65, 200]
    /// Rows at the corners of blocks and windows, in no order.
    static let positions: [Int64] = [
      0, 1, 269, 62, 63, 64, 65, 127, 128, 130, 199, 200, 201, 268, 64, 262, 250, 3, 263,
    ]

    @Test("Attention is the definition's, and the same bytes everywhere", arguments: windows)
    func matchesDefinition(window: Int) {
      for type in keyValueTypes {
        for head in [8, 64, 72, 128] {
          let problem = AttentionProblem(
            type, head: head, keyCount: 270, window: window, positions: Self.positions,
            seed: UInt64(head + window))
          _ = sameOnEveryISA("state, type \(type.rawValue), head \(head), w \(window)") { problem.run().all }
          let out = sameOnEveryISA("output") { problem.finish(problem.run()) }
          for row in problem.positions.indices {
            for (got, expected) in zip(out[row * head..<(row + 1) * head], problem.oracle(row: row)) {
              // Products of keys under a scale are rounded once more.
              let bound = type == LH_I16 || type == LH_Q8_0 ? 5e-6 : 3e-6
              #expect(abs(Double(got) - expected) < bound, "row \(row), window \(window)")
            }
          }
        }
      }
    }

    @Test("Exactly the keys at distance less than w are neighbors")
    func windowEdge() {
      // Grouped scores are 0 and neighbor scores ln 3, and value j is the unit vector j: the output shows each
      // key's weight, 3 where neighbor and 1 where grouped, over their sum.
      let head = 64
      for window in [0, 1, 5, 63, 64] {
        for position in [0, 4, 5, 6, 62, 63] as [Int64] {
          var problem = AttentionProblem(
            LH_F32, head: head, keyCount: 64, window: window, positions: [position], seed: 1)
          problem.groupedQueries = [Float](repeating: 0, count: head)
          problem.neighborQueries = [Float(log(3.0))] + [Float](repeating: 0, count: head - 1)
          var neighbor = problem.neighborBlocks[0]
          var values = problem.valueBlocks[0]
          for slot in 0..<64 {
            lh_store_key(LH_F32, [Float](repeating: 1, count: head), &neighbor, Int64(head), Int64(slot))
            let unit = (0..<head).map { Float($0 == slot ? 1 : 0) }
            lh_store_value(LH_F32, unit, &values, Int64(head), Int64(head), Int64(slot))
          }
          problem.neighborBlocks = [neighbor]
          problem.valueBlocks = [values]
          let weights = (0..<head).map { j in j > position ? 0.0 : Int(position) - j < window ? 3.0 : 1.0 }
          let out = sameOnEveryISA("edge w \(window) p \(position)") { problem.finish(problem.run()) }
          for (got, weight) in zip(out, weights) {
            #expect(abs(Double(got) - weight / weights.reduce(0, +)) < 1e-6)
          }
        }
      }
    }

    @Test(
      "With a span and a cap, too, attention is the definition's, and the same bytes everywhere",
      arguments: [(1, 0), (2, 0), (63, 0.5), (64, 0), (65, 2), (100, 0), (300, 0.5), (0, 2)] as [(Int, Float)])
    func spanAndCap(span: Int, cap: Float) {
      for (type, window) in [(LH_F32, 0), (LH_I16, 0), (LH_Q8_0, 70)] {
        var problem = AttentionProblem(
          type, head: 72, keyCount: 270, window: window, positions: Self.positions, seed: UInt64(span + 1))
        (problem.span, problem.cap) = (span, cap)
        _ = sameOnEveryISA("state, span \(span), cap \(cap)") { problem.run().all }
        let out = sameOnEveryISA("output") { problem.finish(problem.run()) }
        for row in problem.positions.indices {
          for (got, expected) in zip(out[row * 72..<(row + 1) * 72], problem.oracle(row: row)) {
            #expect(abs(Double(got) - expected) < 6e-6, "row \(row), span \(span), cap \(cap)")
          }
        }
      }
    }

    @Test("Blocks before a span may be met or not: the bytes are the same")
    func blocksBeforeASpan() {
      var problem = AttentionProblem(
        LH_I16, head: 48, keyCount: 270, window: 0, positions: [269, 260, 258], seed: 23)
      problem.span = 66
      for isa in everyISA {
        with(isa) { #expect(bits(problem.run().all) == bits(problem.run(blocks: 3..<5).all)) }
      }
    }

    @Test("A row alone has the bytes it has in any company")
    func rowInvariance() {
      for (window, span) in [(0, 0), (1, 0), (64, 0), (65, 0), (0, 1), (0, 64), (0, 90)] {
        var problem = AttentionProblem(
          LH_I16, head: 80, keyCount: 200, window: window, positions: Self.positions, seed: 21)
        problem.span = span
        for isa in everyISA {
          with(isa) {
            let all = problem.run()
            for rows in [
              [0], [5], [18], [3, 4], [18, 2, 0], [1, 2, 3, 4, 5, 6, 7], Array((0..<19).reversed()),
            ] {
              let some = problem.run(rows: rows)
              for (index, row) in rows.enumerated() {
                #expect(some.maximum[index].bitPattern == all.maximum[row].bitPattern)
                #expect(some.sum[index].bitPattern == all.sum[row].bitPattern)
                #expect(
                  bits(some.acc[index * 80..<(index + 1) * 80]) == bits(all.acc[row * 80..<(row + 1) * 80]))
              }
            }
          }
        }
      }
    }

    @Test(
      "What lies behind the visible keys does not show, finite or not",
      arguments: [0x00, 0x45, 0xc4, 0xff] as [UInt8])
    func staleBytes(filler: UInt8) {
      let clean = AttentionProblem(
        LH_I16, head: 40, keyCount: 100, window: 20, positions: [70, 99, 64, 30, 98, 1000], seed: 4)
      var dirty = clean
      for slot in 36..<64 {
        for d in 0..<40 {
          for byte in 0..<2 {
            dirty.groupedBlocks[1][(d * 64 + slot) * 2 + byte] = filler
            dirty.neighborBlocks[1][(d * 64 + slot) * 2 + byte] = filler
          }
        }
        for byte in 0..<96 { dirty.valueBlocks[1][slot * 96 + byte] = filler }
        for byte in 0..<4 {
          dirty.groupedBlocks[1][40 * 64 * 2 + slot * 4 + byte] = filler
          dirty.neighborBlocks[1][40 * 64 * 2 + slot * 4 + byte] = filler
        }
      }
      for isa in everyISA {
        with(isa) { #expect(bits(clean.run().all) == bits(dirty.run().all)) }
      }
    }

    @Test("A row that sees no key of a tile is left untouched, and one that never sees any gives zeros")
    func invisible() {
      let problem = AttentionProblem(
        LH_F32, head: 16, keyCount: 128, window: 8, positions: [10, 100], seed: 5)
      for isa in everyISA {
        with(isa) {
          let first = problem.run(blocks: 0..<1)
          let both = problem.run(blocks: 1..<2, state: first)
          #expect(bits(both.acc[..<16]) == bits(first.acc[..<16]))
          #expect(both.sum[0] == first.sum[0] && both.maximum[0] == first.maximum[0])
          #expect(both.sum[1] != first.sum[1])
          let unseen = problem.run(rows: [0], blocks: 1..<2)
          #expect(unseen.maximum == [-.infinity] && unseen.sum == [0])
          #expect(bits(problem.finish(unseen)) == [UInt32](repeating: 0, count: 16))
        }
      }
    }

    @Test("Merged parts agree with one pass; empty ones change nothing or everything")
    func merging() {
      let problem = AttentionProblem(
        LH_I16, head: 72, keyCount: 256, window: 64, positions: [20, 70, 140, 255, 191, 192], seed: 6)
      let rows = problem.positions.count
      let merged = sameOnEveryISA("merge") {
        var total = problem.run(blocks: 0..<2)
        let part = problem.run(blocks: 2..<4)
        lh_attention_merge(
          Int64(rows), Int64(problem.stride), &total.maximum, &total.sum, &total.acc, part.maximum, part.sum,
          part.acc)
        return problem.finish(total)
      }
      for (a, b) in zip(merged, problem.finish(problem.run())) { #expect(abs(a - b) < 1e-6) }
      for isa in everyISA {
        with(isa) {
          let part = problem.run()
          var total = AttentionProblem.State(rows: rows, stride: problem.stride)
          let empty = total
          lh_attention_merge(
            Int64(rows), Int64(problem.stride), &total.maximum, &total.sum, &total.acc, part.maximum,
            part.sum,
            part.acc)
          #expect(bits(total.all) == bits(part.all))
          lh_attention_merge(
            Int64(rows), Int64(problem.stride), &total.maximum, &total.sum, &total.acc, empty.maximum,
            empty.sum,
            empty.acc)
          #expect(bits(total.all) == bits(part.all))
        }
      }
    }

    @Test("Fetching the next block meanwhile changes nothing")
    func fetchingAhead() {
      for type in keyValueTypes {
        let problem = AttentionProblem(
          type, head: 48, keyCount: 200, window: 70, positions: Self.positions, seed: 22)
        for isa in everyISA {
          with(isa) {
            for rows in [[3], Array(0..<8), Array(0..<19)] {
              #expect(bits(problem.run(rows: rows, fetchesAhead: true).all) == bits(problem.run(rows: rows).all))
            }
          }
        }
      }
    }

    @Test("A view that no visible pair needs may be absent")
    func absentViews() {
      let problem = AttentionProblem(LH_F32, head: 16, keyCount: 64, window: 0, positions: [63, 40], seed: 7)
      for isa in everyISA {
        for (window, groupedOnly) in [(0, true), (64, false)] {
          let expected = with(isa) { problem.run(window: window) }
          var state = AttentionProblem.State(rows: 2, stride: 16)
          var scratch = [Float](repeating: 0, count: Int(lh_attention_scratch_floats(16)))
          problem.groupedQueries.withUnsafeBufferPointer { grouped in
            problem.neighborQueries.withUnsafeBufferPointer { neighbor in
              problem.positions.withUnsafeBufferPointer { positions in
                var rows = lh_attention_rows(
                  kv_type: LH_F32, head_dimension: 16, value_stride: 16, row_count: 2,
                  neighbor_window: Int64(window),
                  grouped_queries: groupedOnly ? grouped.baseAddress : nil,
                  neighbor_queries: groupedOnly ? nil : neighbor.baseAddress,
                  query_stride: 16, positions: positions.baseAddress, span: 0, score_cap: 0)
                with(isa) {
                  let keys = groupedOnly ? problem.groupedBlocks[0] : problem.neighborBlocks[0]
                  keys.withUnsafeBytes { keys in
                    problem.valueBlocks[0].withUnsafeBytes { values in
                      var block = lh_attention_block(
                        first_key: 0, key_count: 64, grouped_keys: groupedOnly ? keys.baseAddress : nil,
                        neighbor_keys: groupedOnly ? nil : keys.baseAddress, values: values.baseAddress, next_keys: nil,
                        next_values: nil)
                      lh_attention_tile(&rows, &block, &state.maximum, &state.sum, &state.acc, &scratch)
                    }
                  }
                }
              }
            }
          }
          #expect(bits(state.all) == bits(expected.all))
        }
      }
    }

    @Test("A window off by one is noticed, so these comparisons can fail")
    func theCheckCanFail() {
      let problem = AttentionProblem(
        LH_F32, head: 64, keyCount: 270, window: 64, positions: [269, 70], seed: 8)
      let wrong = problem.finish(problem.run(window: 65))
      let worst = zip(wrong[..<64], problem.oracle(row: 0)).map { abs(Double($0) - $1) }.max() ?? 0
      #expect(worst > 1e-4)
    }
  }
}
