import CKernels
import Testing

extension KernelTests {
  @Suite struct BF16ProductTests {
    /// y of one row and up to 16 features, from bits of bf16: weights [feature][k].
    private func product(_ x: [Float], _ weights: [[UInt16]]) -> [Float] {
      let (k, n) = (Int64(x.count), Int64(weights.count))
      var packed = [UInt8](repeating: 0xee, count: Int(lh_packed_bytes(LH_BF16, n, k)))
      lh_pack(LH_BF16, weights.flatMap { $0 }, 2 * k, n, k, 0, 1, &packed)
      var y = [Float](repeating: 7, count: weights.count)
      lh_matmul_bf16(packed, rounded(x), 0, &y, n, 1, k, 0, n)
      return y
    }

    private func rounded(_ x: [Float]) -> [lh_bf16_pair] {
      let stride = lh_pair_stride(Int64(x.count))
      var pairs = [lh_bf16_pair](repeating: 0xeeee_eeee, count: Int(stride))
      lh_round_rows(x, 0, &pairs, stride, 1, Int64(x.count))
      return pairs
    }

    private func value(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

    private static let tiny: Float = 0x1p-56

    @Test("Each pair's second product is added before its first, each by one fma")
    func order() {
      var numbers = Numbers(31)
      for k in [1, 2, 9, 300] {
        let x = numbers.floats(k)
        let weights = (0..<13).map { _ in (0..<k).map { _ in UInt16(numbers.float().bitPattern >> 16) } }
        let pairs = rounded(x)
        let expected = weights.map { row in
          var acc: Float = 0
          for pair in 0..<(k + 1) / 2 {
            if 2 * pair + 1 < k { acc.addProduct(element(1, of: pairs[pair]), value(row[2 * pair + 1])) }
            acc.addProduct(element(0, of: pairs[pair]), value(row[2 * pair]))
          }
          return acc
        }
        #expect(bits(sameOnEveryISA("k \(k)") { product(x, weights) }) == bits(expected))
      }
    }

    @Test("Numbers of every magnitude give the reference's bytes: subnormal, tiny, huge, infinite and missing ones")
    func everyMagnitude() {
      var numbers = Numbers(32)
      /// Bits of bf16 whose exponents lie in a range.
      func some(_ exponents: ClosedRange<UInt16>) -> UInt16 {
        UInt16.random(in: exponents, using: &numbers) << 7 | UInt16(truncatingIfNeeded: numbers.next()) & 0x807f
      }
      for exponents: ClosedRange<UInt16> in [0...255, 0...3, 0...80, 60...75, 70...73, 180...254, 254...255] {
        for round in 0..<60 {
          let k = [1, 2, 3, 16, 33, 64][round % 6]
          let x = (0..<k).map { _ in
            Float(bitPattern: UInt32(some(exponents)) << 16 | UInt32(truncatingIfNeeded: numbers.next() & 0xffff))
          }
          let weights = (0..<16).map { _ in (0..<k).map { _ in some(exponents) } }
          // The payload of a NaN is not promised.
          let y = sameOnEveryISA("exponents \(exponents)") { product(x, weights).map { $0.isNaN ? .nan : $0 } }
          #expect(y.allSatisfy { !$0.isSubnormal })
        }
      }
    }

    @Test("The closest cancellation leaves the smallest normal number, which no processor takes for zero")
    func smallest() {
      let one = UInt16(Self.tiny.bitPattern >> 16)
      // With s = 2^-7 and all numbers times 2^-56: (1 + s) * (1 + s) - (1 + 2s) = s * s.
      let x = [Self.tiny * (1 + 0x1p-7), Self.tiny]
      let y = sameOnEveryISA("cancellation") {
        product(x, [[one | 1, one | 2 | 0x8000], [one | 1 | 0x8000, one | 2]])
      }
      #expect(y == [.leastNormalMagnitude, -.leastNormalMagnitude])
    }

    @Test("A weight below 2^-56 counts as zero")
    func tinyWeights() {
      let limit = UInt16(Self.tiny.bitPattern >> 16)
      let row = [limit - 1, limit, (limit - 1) | 0x8000, limit | 0x8000, 1, 0x8000]
      for (index, expected) in [Float(0), Self.tiny, 0, -Self.tiny, 0, 0].enumerated() {
        var x = [Float](repeating: 0, count: row.count)
        x[index] = 1
        #expect(sameOnEveryISA("element \(index)") { product(x, [row]) } == [expected])
      }
    }

    @Test("Activations are rounded to the nearest bf16, ties to even, tiny ones to zero, and NaN stays NaN")
    func rounding() {
      let cases: [(Float, Float)] = [
        (1, 1), (1 + 0x1p-8, 1), (1 + 0x1.8p-8, 1 + 0x1p-7), (1 + 0x1p-7 + 0x1p-8, 1 + 0x1p-6),
        (-1 - 0x1.01p-8, -1 - 0x1p-7),
        (Self.tiny, Self.tiny), (-Self.tiny, -Self.tiny), (Self.tiny * (1 - 0x1p-9), Self.tiny),
        (Self.tiny * (1 - 0x1p-8), 0), (-Self.tiny * (1 - 0x1p-7), 0), (.leastNonzeroMagnitude, 0), (-0.0, 0),
        (.greatestFiniteMagnitude, .infinity), (-.infinity, -.infinity),
      ]
      for count in [1, cases.count, 15, 16, 33, 64, 65] {
        let x = (0..<count).map { cases[$0 % cases.count].0 }
        let expected = with(LH_ISA_REFERENCE) { rounded(x) }
        for index in 0..<count {
          let got = element(index % 2, of: expected[index / 2])
          #expect(got.bitPattern == cases[index % cases.count].1.bitPattern, "\(x[index])")
        }
        let used = (count + 1) / 2
        #expect(expected[used..<(used + 15) / 16 * 16].allSatisfy { $0 == 0 })
        if count % 2 == 1 { #expect(expected[count / 2] >> 16 == 0) }
        for isa in vectorISAs { #expect(with(isa) { rounded(x) } == expected) }
      }
      for isa in everyISA {
        let signalling = Float(bitPattern: 0x7f80_0001)
        let pairs = with(isa) { rounded([Float](repeating: signalling, count: 37)) }
        #expect((0..<37).allSatisfy { element($0 % 2, of: pairs[$0 / 2]).isNaN })
      }
    }
  }
}
