import Core
import Testing

@testable import Attention

@Suite("Pages in memory")
struct KVGeometryTests {
  @Test("a value block holds the values and scales of its type, and a block of neighbor keys in their place")
  func blocks() {
    for type in KVElementType.allCases {
      for dimension in [1, 15, 16, 64, 80, 100, 128, 256] {
        let geometry = KVGeometry(attention: attention(dimension), elementType: type)
        let stride = KVGeometry.valueStride(dimension)
        let (numberByteCount, keyScale, valueScale) =
          switch type {
          case .i16: (2, 4, 0)
          case .f16, .bf16: (2, 0, 0)
          case .f32: (4, 0, 0)
          case .q8_0: (1, 4, 4)
          }
        #expect(stride % 16 == 0 && stride >= dimension && stride < dimension + 16)
        #expect(geometry.keyBlockByteCount == 64 * (numberByteCount * dimension + keyScale))
        #expect(geometry.valueBlockByteCount >= 64 * (numberByteCount * stride + valueScale))
        #expect(geometry.valueBlockByteCount >= geometry.keyBlockByteCount)
      }
    }
  }

  @Test("what a device offers is what its pages take")
  func offered() {
    for type in KVElementType.allCases {
      let geometry = KVGeometry(attention: attention(100), elementType: type)
      #expect(geometry.pageByteCount == 3 * (geometry.keyBlockByteCount + geometry.valueBlockByteCount))
      #expect(geometry.pageByteCount == type.pageSize.byteCount(attention(100)))
    }
  }

  private func attention(_ dimension: Int) -> AttentionShape {
    AttentionShape(
      queryHeadCount: 6, keyValueHeadCount: 3, headDimension: dimension,
      rope: RopeConfiguration(base: 10_000, rotaryDimension: dimension, layout: .interleaved, scaling: .none))
  }
}
