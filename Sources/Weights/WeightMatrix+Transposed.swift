import CKernels
import Tensors

extension WeightMatrix {
  /// The same numbers with rows and columns exchanged. Those of blocks, which lie along rows, are in F32.
  func transposed() -> WeightMatrix {
    let type = type.blockElementCount == 1 ? type : .f32
    return WeightMatrix(
      type: type, rowCount: columnCount, columnCount: rowCount, rowByteCount: rowCount * type.blockByteCount,
      source: .transposed(self, firstRow: 0))
  }

  /// Bytes of memory that the transposed matrix takes.
  static func transposedByteCount(of type: ElementType, byteCount: Int) -> Int {
    type.blockElementCount == 1
      ? byteCount : byteCount / type.blockByteCount * type.blockElementCount * ElementType.f32.blockByteCount
  }

  /// Writes some columns one after the other, as rows of the transposed matrix.
  func copyColumns(_ columns: Range<Int>, to target: UnsafeMutableRawPointer) {
    let blockSize = type.blockElementCount
    // Whole blocks that have the columns.
    let blocks = columns.lowerBound / blockSize..<(columns.upperBound + blockSize - 1) / blockSize
    let size = blockSize == 1 ? type.blockByteCount : MemoryLayout<Float>.size
    let skipped = (columns.lowerBound - blocks.lowerBound * blockSize) * size
    withUnsafeTemporaryAllocation(byteCount: rowByteCount, alignment: 64) { row in
      withUnsafeTemporaryAllocation(byteCount: blocks.count * blockSize * size, alignment: 64) { numbers in
        guard let row = row.baseAddress, let numbers = numbers.baseAddress else { return }
        for index in 0..<rowCount {
          copy(index..<index + 1, to: row)
          let read = row + blocks.lowerBound * type.blockByteCount
          if blockSize == 1 {
            numbers.copyMemory(from: read, byteCount: blocks.count * size)
          } else {
            lh_dequantize(
              type.kernelType, read, numbers.assumingMemoryBound(to: Float.self), Int64(blocks.count * blockSize))
          }
          for column in 0..<columns.count {
            (target + (column * rowCount + index) * size).copyMemory(
              from: numbers + skipped + column * size, byteCount: size)
          }
        }
      }
    }
  }
}
