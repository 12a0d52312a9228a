import CKernels
import Testing

extension KernelTests {
  @Suite struct ExtremeProductTests {
    @Test("Codes and activations at the ends of their ranges overflow no partial sum on any instruction set")
    func ends() {
      for type in everyType where lh_type_block_elements(type) > 1 {
        let blockBytes = Int(lh_type_block_bytes(type))
        let (blocks, features, rows) = (3, 19, 7)
        let k = blocks * Int(lh_type_block_elements(type))
        for fill: UInt8 in [0x00, 0xff, 0x80, 0x7f, 0x88, 0xf0, 0x0f] {
          var block = [UInt8](repeating: fill, count: blockBytes)
          // 0.5, so that nothing is infinite.
          for at in halfOffsets(type) { putHalf(0x3800, at: at, in: &block, of: type) }
          if type == LH_MXFP4 { block[0] = 127 }
          let weights = (0..<blocks * features).flatMap { _ in block }
          var packed = [UInt8](repeating: 0, count: Int(lh_packed_bytes(type, Int64(features), Int64(k))))
          lh_pack(type, weights, Int64(blocks * blockBytes), Int64(features), Int64(k), 0, 2, &packed)
          for signs: [Float] in [[1], [-1], [1, -1], [1, 1, -1, -1]] {
            let x = (0..<rows * k).map { signs[$0 % signs.count] }
            let y = sameOnEveryISA("type \(type.rawValue) of \(fill)") {
              var rounded = [lh_activation_block](repeating: lh_activation_block(), count: rows * k / 32)
              lh_quantize_rows(x, Int64(k), &rounded, Int64(k / 32), Int64(rows), Int64(k))
              var y = [Float](repeating: 0, count: rows * features)
              lh_matmul_quantized(
                type, packed, rounded, Int64(k / 32), &y, Int64(features), Int64(rows), Int64(k), 0, Int64(features))
              return y
            }
            let row = decoded(type, Array(weights.prefix(blocks * blockBytes)), count: k)
            let exact = zip(x, row).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            let size = row.reduce(0.0) { $0 + abs(Double($1)) }
            #expect(y.allSatisfy { abs(Double($0) - exact) <= 1e-5 * size }, "type \(type.rawValue) of \(fill)")
          }
        }
      }
    }

    @Test("Any bytes are weights: every instruction set reads them alike, scales without a number, too")
    func anyBytes() {
      var numbers = Numbers(5)
      for type in everyType where lh_type_block_elements(type) > 1 {
        let (blocks, features) = (2, 17)
        let (k, rowBytes) = (blocks * Int(lh_type_block_elements(type)), blocks * Int(lh_type_block_bytes(type)))
        let weights = (0..<features * rowBytes).map { _ in
          UInt8.random(in: 0...3, using: &numbers) == 0 ? 0xff : UInt8.random(in: 0...255, using: &numbers)
        }
        var packed = [UInt8](repeating: 0, count: Int(lh_packed_bytes(type, Int64(features), Int64(k))))
        lh_pack(type, weights, Int64(rowBytes), Int64(features), Int64(k), 0, 2, &packed)
        let x = numbers.floats(k)
        _ = sameOnEveryISA("type \(type.rawValue)") {
          var rounded = [lh_activation_block](repeating: lh_activation_block(), count: k / 32)
          lh_quantize_rows(x, Int64(k), &rounded, Int64(k / 32), 1, Int64(k))
          var results = [Float](repeating: 0, count: features * k)
          lh_dequantize(type, weights, &results, Int64(features * k))
          var y = [Float](repeating: 0, count: features)
          lh_matmul_quantized(
            type, packed, rounded, Int64(k / 32), &y, Int64(features), 1, Int64(k), 0, Int64(features))
          // Of what is no number, sign and payload may differ.
          return (results + y).map { $0.isNaN ? .nan : $0 }
        }
      }
    }
  }
}
