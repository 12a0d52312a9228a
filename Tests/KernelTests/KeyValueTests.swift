import CKernels
import Testing

extension KernelTests {
  @Suite struct KeyValueTests {
    @Test("Rounding to f16 is to nearest even, with subnormals and infinities")
    func roundsToHalf() {
      let cases: [(Float, UInt16)] = [
        (0, 0), (-0.0, 0x8000), (1, 0x3c00), (-2, 0xc000), (65504, 0x7bff), (65519.996, 0x7bff),
        (65520, 0x7c00),
        (1e9, 0x7c00), (-.infinity, 0xfc00), (0x1p-24, 1), (0x1p-25, 0), (0x1.000002p-25, 1), (0x1.8p-24, 2),
        (0x1p-14, 0x0400), (0x1.ffcp-15, 0x0400), (1 + 0x1p-11, 0x3c00), (1 + 0x1.8p-10, 0x3c02),
        (1 + 0x1.001p-11, 0x3c01), (0x1.ffffp-1, 0x3c00), (-1e-30, 0x8000),
      ]
      for isa in everyISA {
        for (value, expected) in cases {
          // 16 of the same, so that vectors take their own way.
          var block = [UInt16](repeating: 0xffff, count: 32 * 64)
          with(isa) { lh_store_value(LH_F16, [Float](repeating: value, count: 17), &block, 17, 32, 3) }
          #expect((0..<17).allSatisfy { block[3 * 32 + $0] == expected }, "\(value)")
          with(isa) { lh_store_key(LH_F16, [Float](repeating: value, count: 17), &block, 17, 63) }
          #expect((0..<17).allSatisfy { block[$0 * 64 + 63] == expected }, "\(value)")
        }
      }
    }

    @Test("Rounding to bf16 is to nearest even")
    func roundsToBrain() {
      let cases: [(UInt32, UInt16)] = [
        (0x3f80_0000, 0x3f80), (0x3f80_8000, 0x3f80), (0x3f81_8000, 0x3f82), (0x3f80_8001, 0x3f81),
        (0x7f7f_ffff, 0x7f80), (0xff80_0000, 0xff80), (0x0000_8001, 0x0001), (0x7f80_0001, 0x7fc0),
      ]
      for isa in everyISA {
        for (pattern, expected) in cases {
          var block = [UInt16](repeating: 0, count: 17 * 64)
          let key = [Float](repeating: Float(bitPattern: pattern), count: 17)
          with(isa) { lh_store_key(LH_BF16, key, &block, 17, 63) }
          #expect((0..<17).allSatisfy { block[$0 * 64 + 63] == expected })
        }
      }
    }

    @Test("Random numbers of every magnitude round to the same bytes on every instruction set")
    func sameRounding() {
      var numbers = Numbers(12)
      let values = (0..<4096).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: numbers.next())) }
      for type in [LH_F16, LH_BF16] {
        let blocks = everyISA.map { isa in
          var block = [UInt16](repeating: 0, count: 2 * 4096 * 64 + 128)
          with(isa) {
            lh_store_key(type, values, &block, 4096, 0)
            lh_store_value(type, values, &block[4096 * 64 + 128], 4096, 4096, 0)
            // Keys of 16 numbers have magnitudes of their own, as a scale needs it.
            for slot in 1..<64 { lh_store_key(type, Array(values[(slot * 16)...]), &block, 16, Int64(slot)) }
          }
          return block
        }
        #expect(blocks.allSatisfy { $0 == blocks[0] })
      }
    }

    @Test("A key under a scale errs by half a step of its largest element, with 16 bits far less than f16")
    func scaledKeys() {
      var numbers = Numbers(15)
      for (head, type, steps) in [1, 8, 33, 128].flatMap({ [($0, LH_I16, Float(32767)), ($0, LH_Q8_0, 127)] }) {
        for magnitude: Float in [1e-20, 1, 1e6] {
          let key = numbers.floats(head).map { $0 * magnitude }
          let largest = key.map(abs).max() ?? 0
          for isa in everyISA {
            var block = [UInt8](repeating: 0, count: Int(lh_key_block_bytes(type, Int64(head))))
            var back = [Float](repeating: 0, count: head)
            with(isa) {
              lh_store_key(type, key, &block, Int64(head), 63)
              lh_load_key(type, block, &back, Int64(head), 63)
            }
            #expect(zip(back, key).allSatisfy { abs($0 - $1) <= largest / steps * 0.503 })
          }
        }
      }
    }

    @Test("A key of zeros stays zero, and one that is not finite reads as NaN whatever was there before")
    func extremeKeys() {
      let cases: [([Float], Bool)] = [
        ([0, -0, 0], true), ([1e-35, 0, -1e-38], true), ([1, .infinity, 2], false), ([.nan, 0, 1], false),
        ([-.infinity, .nan, 3], false),
      ]
      for (isa, type) in everyISA.flatMap({ [($0, LH_I16), ($0, LH_Q8_0)] }) {
        for (key, isZero) in cases {
          let wide = key + [Float](repeating: 0, count: 17)
          var block = [UInt8](repeating: 0x55, count: Int(lh_key_block_bytes(type, 20)))
          var back = [Float](repeating: 7, count: 20)
          with(isa) {
            lh_store_key(type, wide, &block, 20, 9)
            lh_load_key(type, block, &back, 20, 9)
          }
          #expect(back.allSatisfy { isZero ? $0 == 0 : $0.isNaN }, "\(key)")
        }
      }
    }

    @Test("A stored key comes back within its type's rounding, and its neighbors stay as they were")
    func keyRoundTrip() {
      var numbers = Numbers(13)
      for type in keyValueTypes {
        for head in [1, 15, 16, 33, 80, 128] {
          let key = numbers.floats(head)
          let blocks = everyISA.map { isa in
            var block = [UInt8](repeating: 0x11, count: keyBlockByteCount(type, head))
            with(isa) { lh_store_key(type, key, &block, Int64(head), 5) }
            return block
          }
          #expect(blocks.allSatisfy { $0 == blocks[0] })
          let stored = storedKey(type, blocks[0], head: head, slot: 5)
          for (got, (given, error)) in zip(stored, zip(key, keyErrors(type, key))) {
            #expect(abs(got - given) <= error, "type \(type.rawValue)")
          }
          for isa in everyISA {
            var back = [Float](repeating: 0, count: head)
            with(isa) { lh_load_key(type, blocks[0], &back, Int64(head), 5) }
            #expect(back == stored)
          }
          for slot in [0, 4, 6, 63] {
            let untouched = [UInt8](repeating: 0x11, count: keyBlockByteCount(type, head))
            #expect(
              storedKey(type, blocks[0], head: head, slot: slot)
                == storedKey(type, untouched, head: head, slot: slot))
          }
        }
      }
    }

    @Test("A stored value comes back within its type's rounding, padded with zeros to its stride")
    func valuePadding() {
      var numbers = Numbers(14)
      for type in keyValueTypes {
        for head in [1, 16, 33, 80, 100] {
          let stride = (head + 15) / 16 * 16
          let value = numbers.floats(head)
          let blocks = everyISA.map { isa in
            var block = [UInt8](repeating: 0x11, count: valueBlockByteCount(type, stride))
            with(isa) { lh_store_value(type, value, &block, Int64(head), Int64(stride), 2) }
            return block
          }
          #expect(blocks.allSatisfy { $0 == blocks[0] })
          let back = storedValue(type, blocks[0], stride: stride, slot: 2)
          for (got, (given, error)) in zip(back, zip(value, valueErrors(type, value))) {
            #expect(abs(got - given) <= error, "type \(type.rawValue)")
          }
          #expect(back[head...].allSatisfy { $0.bitPattern == 0 })
          let untouched = [UInt8](repeating: 0x11, count: valueBlockByteCount(type, stride))
          for slot in [0, 1, 3, 63] {
            #expect(
              storedValue(type, blocks[0], stride: stride, slot: slot)
                == storedValue(type, untouched, stride: stride, slot: slot))
          }
        }
      }
    }

    @Test("Other types are not key-value types: nothing is written")
    func refusedTypes() {
      for isa in everyISA {
        var block = [UInt8](repeating: 3, count: 64 * 34)
        var key: [Float] = [1, 2]
        with(isa) {
          lh_store_key(LH_Q4_0, key, &block, 2, 0)
          lh_store_value(LH_Q4_0, key, &block, 2, 16, 0)
          lh_load_key(LH_Q4_0, block, &key, 2, 0)
        }
        #expect(block.allSatisfy { $0 == 3 } && key == [1, 2])
      }
    }
  }
}
