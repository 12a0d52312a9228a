import Tensors

/// Brings rows of a matrix into another type.
struct RowConversion {
  private let matrix: WeightMatrix
  private let type: ElementType

  /// - Parameter type: the matrix's own, or any where that is a type of plain numbers.
  init(_ matrix: WeightMatrix, to type: ElementType) {
    self.matrix = matrix
    self.type = type
  }

  /// - Parameter importance: of the columns, for each expert's rows in turn.
  func write(_ rows: Range<Int>, importance: ImportanceMatrix.Columns?, to target: UnsafeMutableRawPointer) {
    guard type != matrix.type, let quantizer = RowQuantizer(type),
      let rowByteCount = type.rowByteCount(elementCount: matrix.columnCount)
    else { return matrix.copy(rows, to: target) }
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: matrix.rowByteCount, alignment: 64)
    let numbers = UnsafeMutableBufferPointer<Float>.allocate(capacity: matrix.columnCount)
    defer {
      bytes.deallocate()
      numbers.deallocate()
    }
    guard let start = bytes.baseAddress else { return }
    for (index, row) in rows.enumerated() {
      matrix.copy(row..<row + 1, to: start)
      for column in 0..<matrix.columnCount { numbers.initializeElement(at: column, to: number(column, of: start)) }
      let place = target + index * rowByteCount
      guard let importance else {
        quantizer.write(UnsafeBufferPointer(numbers), to: place)
        continue
      }
      importance.ofRow(row).withUnsafeBufferPointer {
        quantizer.write(UnsafeBufferPointer(numbers), importance: $0, to: place)
      }
    }
  }

  private func number(_ column: Int, of bytes: UnsafeMutableRawPointer) -> Float {
    switch matrix.type {
    case .f32:
      Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * column, as: UInt32.self)))
    case .f16:
      Float(
        Float16(bitPattern: UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * column, as: UInt16.self))))
    default:
      Float(
        bitPattern: UInt32(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * column, as: UInt16.self))) << 16
      )
    }
  }
}
