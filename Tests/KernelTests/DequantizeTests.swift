import CKernels
import Testing

extension KernelTests {
  @Suite struct DequantizeTests {
    /// Decodes from an odd address, on every instruction set.
    private func decode(_ type: lh_type, _ bytes: [UInt8], _ count: Int) -> [Float] {
      sameOnEveryISA("dequantize type \(type.rawValue), \(count) elements") {
        var result = [Float](repeating: .nan, count: count)
        ([0xee] + bytes).withUnsafeBytes { source in
          guard let base = source.baseAddress else { return }
          lh_dequantize(type, base + 1, &result, Int64(count))
        }
        return result
      }
    }

    @Test("A Q4_0 block holds nibbles around 8, low halves first")
    func q4() {
      // Scale 0.5 (f16 0x3800); byte i = i in the low half, 15 - i in the high half.
      let block = [0x00, 0x38] + (0..<16).map { UInt8($0 | (15 - $0) << 4) }
      let expected = (0..<16).map { (Float($0) - 8) * 0.5 } + (0..<16).map { (7 - Float($0)) * 0.5 }
      #expect(decode(LH_Q4_0, block, 32) == expected)
    }

    @Test("A Q8_0 block holds signed bytes")
    func q8() {
      // Scale -2 (f16 0xc000).
      let values = (0..<32).map { Int8(truncatingIfNeeded: $0 * 8 - 128) }
      let block = [0x00, 0xc0] + values.map { UInt8(bitPattern: $0) }
      #expect(decode(LH_Q8_0, block, 32) == values.map { Float($0) * -2 })
    }

    @Test("A zero of a block with negative scale is negative, as in the reference package")
    func signedZero() {
      let block: [UInt8] = [0x00, 0xbc] + [UInt8](repeating: 0x88, count: 16)
      #expect(decode(LH_Q4_0, block, 32).allSatisfy { $0.bitPattern == 0x8000_0000 })
    }

    @Test("F16 decodes zeros, subnormal numbers, extremes and infinities exactly")
    func f16() {
      let cases: [(UInt16, Float)] = [
        (0x0000, 0), (0x8000, -0.0), (0x0001, 0x1p-24), (0x03ff, 0x1.ff8p-15), (0x0400, 0x1p-14),
        (0x3c00, 1), (0xbc01, -0x1.004p0), (0x7bff, 65504), (0x7c00, .infinity), (0xfc00, -.infinity),
      ]
      let bytes = cases.flatMap { littleEndian($0.0) }
      #expect(decode(LH_F16, bytes, cases.count).map(\.bitPattern) == cases.map(\.1.bitPattern))
    }

    @Test("Every f16 and bf16 decodes to the same bytes on every instruction set")
    func everyHalf() {
      let bytes = (0...UInt16.max).flatMap { littleEndian($0) }
      let half = decode(LH_F16, bytes, 65536)
      #expect(half.count { $0.isNaN } == 2 * 1023)
      let brain = decode(LH_BF16, bytes, 65536)
      #expect(brain[0x3f80] == 1 && brain[0xc000] == -2 && brain[0x7f80] == .infinity)
    }

    @Test("Any number of elements decodes the same everywhere")
    func sizes() {
      var numbers = Numbers(1)
      for type in everyType {
        let perBlock = Int(lh_type_block_elements(type))
        for blocks in [0, 1, 2, 3, 7, 15, 16, 17, 33, 100] {
          let bytes = numbers.encoded(type, blocks * perBlock)
          #expect(decode(type, bytes, blocks * perBlock).allSatisfy { $0.isFinite })
        }
      }
    }

    @Test("An unknown type writes nothing")
    func unknownType() {
      for isa in everyISA {
        var result: [Float] = [5, 6]
        with(isa) { lh_dequantize(lh_type(rawValue: 9), [UInt8](repeating: 1, count: 64), &result, 2) }
        #expect(result == [5, 6])
      }
    }
  }
}
