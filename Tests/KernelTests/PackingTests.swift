import CKernels
import Testing

extension KernelTests {
  @Suite struct PackingTests {
    @Test("Packed weights are as large as the file's, but for the features of the last panel")
    func sizes() {
      for type in everyType {
        let k = Int64(lh_type_block_elements(type)) * 4
        let row = lh_type_block_bytes(type) * 4
        for (features, whole) in [(Int64(16), Int64(16)), (17, 32), (1, 16), (160, 160)] {
          #expect(lh_packed_bytes(type, features, k) == whole * row)
        }
        if lh_type_block_elements(type) > 1 { #expect(lh_packed_bytes(type, 16, k - 1) == 0) }
        // Pairs are filled up.
        if type == LH_BF16 { #expect(lh_packed_bytes(type, 16, k - 1) == 16 * row) }
        #expect(lh_packed_bytes(type, 16, Int64.max / 512 * 512) == 0)
        #expect(lh_packed_bytes(type, 16, Int64.max) == 0)
        #expect(lh_packed_bytes(type, Int64.max, k) == 0)
        #expect(lh_packed_bytes(type, -1, k) == 0 && lh_packed_bytes(type, 1, -k) == 0)
      }
    }

    @Test("Every weight of a packed matrix is the file's: one activation at a time picks it out")
    func values() {
      for type in everyType where lh_type_block_elements(type) > 1 {
        let k = Int(lh_type_block_elements(type))
        let product = MatmulTests.Product(type, m: 0, k: k, n: 19, seed: 21)
        for element in stride(from: 0, to: k, by: 7) {
          var x = [Float](repeating: 0, count: k)
          x[element] = 127
          var blocks = [lh_activation_block](repeating: lh_activation_block(), count: k / 32)
          lh_quantize_rows(x, Int64(k), &blocks, 0, 1, Int64(k))
          var y = [Float](repeating: 0, count: 19)
          lh_matmul_quantized(type, product.packed, blocks, 0, &y, 19, 1, Int64(k), 0, 19)
          for feature in 0..<19 {
            let start = 1 + feature * product.rowBytes
            let row = decoded(type, Array(product.weights[start..<start + product.rowBytes - 5]), count: k)
            #expect(abs(y[feature] / 127 - row[element]) <= 1e-6 * (1 + abs(row[element])), "type \(type.rawValue)")
          }
        }
      }
    }
  }

  @Suite struct RoundingTests {
    private func rounded(_ x: [Float]) -> [lh_activation_block] {
      var blocks = [lh_activation_block](repeating: lh_activation_block(), count: x.count / 32)
      lh_quantize_rows(x, Int64(x.count), &blocks, 0, 1, Int64(x.count))
      return blocks
    }

    private func bytes(_ blocks: [lh_activation_block]) -> [UInt8] { blocks.withUnsafeBytes { Array($0) } }

    @Test("Activations are rounded to the nearest of 255 steps, the largest to 127, with their sums")
    func nearest() {
      var numbers = Numbers(4)
      let x = numbers.floats(320, -3...3)
      for (index, block) in rounded(x).enumerated() {
        let part = x[32 * index..<32 * (index + 1)]
        #expect(block.scale == part.map(abs).max().map { $0 / 127 })
        let values = withUnsafeBytes(of: block.value) { Array($0.bindMemory(to: Int8.self)) }
        for (value, exact) in zip(values, part) {
          #expect(abs(Float(value) * block.scale - exact) <= 0.5001 * block.scale)
        }
        #expect(values.contains { abs(Int($0)) == 127 })
        let halves = [values[..<16], values[16...]].map { $0.reduce(0) { $0 + Int32($1) } }
        #expect(block.half_negated.0 == -halves[0] && block.half_negated.1 == -halves[1])
        #expect(block.negated == -halves[0] - halves[1])
        #expect(block.half_sum.0 == block.scale * Float(halves[0]))
        #expect(block.sum == block.scale * Float(halves[0] + halves[1]))
      }
    }

    @Test("Every instruction set rounds alike: ties, zeros, tiny, huge, infinite and missing numbers")
    func sameBytes() {
      var numbers = Numbers(8)
      var cases = (0..<40).map { _ in numbers.floats(64, -100...100) }
      cases.append((0..<64).map { Float($0) + 0.5 - 32 } + [Float](repeating: 127, count: 32))
      cases.append([Float](repeating: -0.0, count: 32))
      cases += [Float.leastNonzeroMagnitude, 0x1p-121, 0x1p-120, 0x1p-100, .greatestFiniteMagnitude].map { top in
        (0..<32).map { top * (Float($0) - 16) / 16 }
      }
      for special in [Float.infinity, -.infinity, .nan, -.nan] {
        var row = numbers.floats(32)
        row[13] = special
        cases.append(row)
      }
      for (index, x) in cases.enumerated() {
        let expected = with(LH_ISA_REFERENCE) { bytes(rounded(x)) }
        for isa in vectorISAs { #expect(with(isa) { bytes(rounded(x)) } == expected, "case \(index)") }
      }
    }

    @Test("A block that is not finite has the scale NaN, so that no product of it looks finite")
    func notFinite() {
      for special in [Float.infinity, .nan] {
        let blocks = rounded([Float](repeating: 1, count: 40) + [special] + [Float](repeating: 1, count: 23))
        #expect(blocks[0].scale.isFinite && blocks[1].scale.isNaN && blocks[1].sum.isNaN)
        for type in everyType where lh_type_block_elements(type) == 32 {
          let product = MatmulTests.Product(type, m: 0, k: 64, n: 5, seed: 2)
          var y = [Float](repeating: 0, count: 5)
          lh_matmul_quantized(type, product.packed, blocks, 0, &y, 5, 1, 64, 0, 5)
          #expect(y.allSatisfy { $0.isNaN })
        }
      }
    }
  }
}
