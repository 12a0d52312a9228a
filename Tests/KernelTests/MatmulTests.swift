import CKernels
import Testing

extension KernelTests {
  @Suite struct MatmulTests {
    /// One product with awkward strides, packed from weights of odd address.
    struct Product {
      let type: lh_type
      let m, k, n: Int
      let rowBytes: Int
      let weights: [UInt8]
      let packed: [UInt8]
      let x: [Float]
      let xStride: Int

      init(_ type: lh_type, m: Int, k: Int, n: Int, seed: UInt64) {
        var numbers = Numbers(seed)
        let payload = k / Int(lh_type_block_elements(type)) * Int(lh_type_block_bytes(type))
        (self.type, self.m, self.k, self.n, rowBytes, xStride) = (type, m, k, n, payload + 5, k + 3)
        var bytes: [UInt8] = [0xaa]
        for _ in 0..<n { bytes += numbers.encoded(type, k) + [0xff, 0xff, 0xff, 0xff, 0xff] }
        weights = bytes
        packed = Self.packed(type, bytes, rowBytes: payload + 5, k: k, n: n)
        x = numbers.floats(m * (k + 3))
      }

      var isQuantized: Bool { lh_type_block_elements(type) > 1 }
      var isBF16: Bool { type == LH_BF16 }

      /// Packed in two pieces, as threads do.
      static func packed(_ type: lh_type, _ weights: [UInt8], rowBytes: Int, k: Int, n: Int) -> [UInt8] {
        var packed = [UInt8](repeating: 0xee, count: Int(lh_packed_bytes(type, Int64(n), Int64(k))))
        let panels = Int64((n + 15) / 16)
        weights.withUnsafeBytes { w in
          guard let w = w.baseAddress else { return }
          for (first, end) in [(panels / 2, panels), (0, panels / 2)] {
            lh_pack(type, w + 1, Int64(rowBytes), Int64(n), Int64(k), first, end, &packed)
          }
        }
        return packed
      }

      /// Blocks from one rounded row to the next.
      var blockStride: Int { Int(lh_activation_stride(Int64(k))) }

      /// All rows of x, rounded.
      var rounded: [lh_activation_block] {
        var blocks = [lh_activation_block](repeating: lh_activation_block(), count: m * blockStride)
        lh_quantize_rows(x, Int64(xStride), &blocks, Int64(blockStride), Int64(m), Int64(k))
        return blocks
      }

      /// Pairs from one row rounded to bf16 to the next.
      var pairStride: Int { Int(lh_pair_stride(Int64(k))) }

      /// All rows of x, rounded to bf16.
      var pairs: [lh_bf16_pair] {
        var pairs = [lh_bf16_pair](repeating: 0xeeee_eeee, count: m * pairStride)
        lh_round_rows(x, Int64(xStride), &pairs, Int64(pairStride), Int64(m), Int64(k))
        return pairs
      }

      /// Rows `rows` of x by features `features`, in an [rows][n] array that starts as 7s.
      func run(rows: Range<Int>? = nil, features: Range<Int>? = nil) -> [Float] {
        let rows = rows ?? 0..<m
        let features = features ?? 0..<n
        var y = [Float](repeating: 7, count: rows.count * n)
        if isQuantized {
          rounded.withUnsafeBufferPointer { x in
            guard let x = x.baseAddress else { return }
            lh_matmul_quantized(
              type, packed, x + rows.lowerBound * blockStride, Int64(blockStride), &y, Int64(n), Int64(rows.count),
              Int64(k), Int64(features.lowerBound), Int64(features.upperBound))
          }
        } else if isBF16 {
          pairs.withUnsafeBufferPointer { x in
            guard let x = x.baseAddress else { return }
            lh_matmul_bf16(
              packed, x + rows.lowerBound * pairStride, Int64(pairStride), &y, Int64(n), Int64(rows.count), Int64(k),
              Int64(features.lowerBound), Int64(features.upperBound))
          }
        } else {
          x.withUnsafeBufferPointer { x in
            guard let x = x.baseAddress else { return }
            lh_matmul(
              type, packed, x + rows.lowerBound * xStride, Int64(xStride), &y, Int64(n), Int64(rows.count), Int64(k),
              Int64(features.lowerBound), Int64(features.upperBound))
          }
        }
        return y
      }

      /// The same in double precision, from the file's weights and, but for F32 and F16, the rounded activations.
      func oracle() -> [Double] {
        var result: [Double] = []
        let w = (0..<n).map { row in
          let start = 1 + row * rowBytes
          return decoded(type, Array(weights[start..<start + rowBytes - 5]), count: k)
        }
        let blocks = isQuantized ? rounded : []
        let pairs = isBF16 ? pairs : []
        for r in 0..<m {
          let row = (0..<k).map { i in
            if isBF16 { return Double(element(i % 2, of: pairs[r * pairStride + i / 2])) }
            guard isQuantized else { return Double(x[r * xStride + i]) }
            return blocks[r * blockStride + i / 32].element(i % 32)
          }
          for c in 0..<n { result.append((0..<k).reduce(0.0) { $0 + row[$1] * Double(w[c][$1]) }) }
        }
        return result
      }
    }

    static func inner(_ type: lh_type, _ k: Int) -> Int {
      let block = Int(lh_type_block_elements(type))
      return (k + block - 1) / block * block
    }

    @Test(
      "Every instruction set gives the reference's bytes, for all small row counts",
      arguments: everyType.indices)
    func sameBytes(typeIndex: Int) {
      let type = everyType[typeIndex]
      for m in 0...20 {
        for (k, n) in [(1, 1), (33, 17), (257, 31)] {
          let product = Product(type, m: m, k: Self.inner(type, k), n: n, seed: UInt64(m * 1000 + k))
          _ = sameOnEveryISA("matmul type \(type.rawValue), m \(m), k \(k), n \(n)") { product.run() }
        }
      }
    }

    @Test("Every instruction set gives the reference's bytes at odd sizes", arguments: everyType.indices)
    func oddSizes(typeIndex: Int) {
      let type = everyType[typeIndex]
      for (m, k, n) in [
        (1, 1000, 65), (1, 7, 200), (2, 300, 63), (3, 15, 64), (4, 511, 33), (5, 513, 96), (13, 31, 1),
        (25, 260, 35),
        (243, 40, 34), (12, 0, 20), (1, 0, 3),
        // Long rows: several groups of rows meet the features in several parts.
        (9, 28000, 34),
      ] {
        let product = Product(type, m: m, k: Self.inner(type, k), n: n, seed: UInt64(m + k + n))
        let y = sameOnEveryISA("matmul type \(type.rawValue), m \(m), k \(k), n \(n)") { product.run() }
        if k == 0 { #expect(y.allSatisfy { $0.bitPattern == 0 }) }
      }
    }

    @Test("The product agrees with double precision", arguments: everyType.indices)
    func oracle(typeIndex: Int) {
      let type = everyType[typeIndex]
      for (m, k, n) in [(1, 300, 20), (9, 290, 37)] {
        let product = Product(type, m: m, k: Self.inner(type, k), n: n, seed: 5)
        let y = product.run()
        for (got, expected) in zip(y, product.oracle()) {
          #expect(abs(Double(got) - expected) <= 1e-4 + 1e-4 * abs(expected))
        }
      }
    }

    @Test("A row alone has the bytes it has in any batch")
    func batchInvariance() {
      for type in everyType {
        let product = Product(type, m: 31, k: Self.inner(type, 290), n: 50, seed: 9)
        for isa in everyISA {
          with(isa) {
            let all = product.run()
            for count in [1, 2, 3, 4, 5, 12] {
              for first in [0, 7, 19] {
                let part = product.run(rows: first..<first + count)
                #expect(bits(part) == bits(all[first * 50..<(first + count) * 50]))
              }
            }
          }
        }
      }
    }

    @Test("Features may be divided at will, and others stay untouched")
    func featureRanges() {
      for type in everyType {
        for m in [1, 3, 6] {
          let product = Product(type, m: m, k: Self.inner(type, 70), n: 150, seed: 10)
          let whole = product.run()
          for features in [0..<1, 3..<20, 64..<128, 149..<150, 17..<150, 5..<5] {
            let part = sameOnEveryISA("features \(features)") { product.run(features: features) }
            for r in 0..<m {
              for c in 0..<150 {
                let expected = features.contains(c) ? whole[r * 150 + c] : 7
                #expect(part[r * 150 + c].bitPattern == expected.bitPattern)
              }
            }
          }
        }
      }
    }

    @Test("Summing in another order gives other bytes, so these comparisons can fail")
    func theCheckCanFail() {
      let product = Product(LH_F32, m: 1, k: 300, n: 8, seed: 3)
      var backwards: [Float] = []
      for c in 0..<8 {
        let start = 1 + c * product.rowBytes
        let w = decoded(LH_F32, Array(product.weights[start..<start + 1200]), count: 300)
        var acc: Float = 0
        for i in (0..<300).reversed() { acc.addProduct(product.x[i], w[i]) }
        backwards.append(acc)
      }
      #expect(bits(backwards) != bits(product.run()))
    }

    @Test("A type that does not belong to a product writes nothing, and unknown ones cannot be packed")
    func otherTypes() {
      #expect(lh_packed_bytes(lh_type(rawValue: 99), 16, 32) == 0)
      for isa in everyISA {
        var y: [Float] = [3]
        let packed = [UInt8](repeating: 0, count: 1024)
        with(isa) {
          for type in [LH_BF16, LH_Q4_0, lh_type(rawValue: 99)] {
            lh_matmul(type, packed, [Float](repeating: 1, count: 32), 32, &y, 1, 1, 32, 0, 1)
          }
          for type in [LH_F16, lh_type(rawValue: 99)] {
            lh_matmul_quantized(type, packed, [lh_activation_block()], 1, &y, 1, 1, 32, 0, 1)
          }
        }
        #expect(y == [3])
      }
    }
  }
}

extension lh_activation_block {
  /// What element `index` was rounded to.
  func element(_ index: Int) -> Double {
    withUnsafeBytes(of: value) { Double($0.load(fromByteOffset: index, as: Int8.self)) } * Double(scale)
  }
}

/// Element 0 or 1 of a pair.
func element(_ index: Int, of pair: lh_bf16_pair) -> Float {
  Float(bitPattern: index == 0 ? pair << 16 : pair & 0xffff_0000)
}

/// Bit patterns, for comparisons that tell -0 from 0 and count NaN as equal to itself.
func bits(_ values: some Sequence<Float>) -> [UInt32] { values.map(\.bitPattern) }
