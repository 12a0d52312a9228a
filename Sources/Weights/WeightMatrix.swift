package import Tensors

/// A matrix of weights as a checkpoint has it: a tensor, or some rows of one.
///
/// **Shape**: `[rowCount (out), columnCount (in)]`, row-major, rows `rowByteCount` apart, no gaps. A row
/// makes one number of the output.
package struct WeightMatrix: Sendable {
  package let type: ElementType
  package let rowCount: Int
  package let columnCount: Int
  package let rowByteCount: Int
  /// All of it is there, which was checked when the header was read.
  let source: WeightRows

  package var byteCount: Int { rowCount * rowByteCount }

  /// Some of its rows.
  func rows(_ range: Range<Int>) -> WeightMatrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rowCount, "rows outside the matrix")
    return WeightMatrix(
      type: type, rowCount: range.count, columnCount: columnCount, rowByteCount: rowByteCount,
      source: source.dropping(range.lowerBound, rowByteCount: rowByteCount))
  }

  /// The matrix where it lies in a mapped file, valid as long as this value lives; nil where its rows are made.
  var mapped: UnsafeRawBufferPointer? {
    guard case .mapped(let file, let offset) = source else { return nil }
    return UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + byteCount])
  }

  /// The same; none where rows are made, which no embedding's are.
  package var bytes: UnsafeRawBufferPointer { mapped ?? UnsafeRawBufferPointer(start: nil, count: 0) }

  /// Writes some of its rows to memory that has room for them.
  func copy(_ range: Range<Int>, to target: UnsafeMutableRawPointer) {
    switch source {
    case .mapped:
      guard let start = bytes.baseAddress else { return }
      target.copyMemory(from: start + range.lowerBound * rowByteCount, byteCount: range.count * rowByteCount)
    case .made(let rows, let first): rows.write(first + range.lowerBound..<first + range.upperBound, to: target)
    case .transposed(let matrix, let first):
      matrix.copyColumns(first + range.lowerBound..<first + range.upperBound, to: target)
    }
  }
}

/// Where a matrix's rows come from.
enum WeightRows: Sendable {
  /// They lie in a file, from `offset` on. Keeps the mapping.
  case mapped(MappedFile, offset: Int)
  /// They are made when they are asked for, the first being row `firstRow` of those.
  case made(RecipeRows, firstRow: Int)
  /// They are columns of a matrix, the first being column `firstRow`.
  indirect case transposed(WeightMatrix, firstRow: Int)

  func dropping(_ count: Int, rowByteCount: Int) -> WeightRows {
    switch self {
    case .mapped(let file, let offset): .mapped(file, offset: offset + count * rowByteCount)
    case .made(let rows, let first): .made(rows, firstRow: first + count)
    case .transposed(let matrix, let first): .transposed(matrix, firstRow: first + count)
    }
  }
}

/// A matrix of weights in the order the matrix product reads them (`PackedWeights.h`), or still to be brought into it.
///
/// Safety: `@unchecked Sendable`: what a value points at does not change. It lives as long as the `StageWeights` it
/// comes from, which the user of this keeps; the rows of the file until these say that more is packed.
package struct PackedMatrix: @unchecked Sendable {
  package let type: ElementType
  /// Numbers of the output.
  package let rowCount: Int
  /// Numbers of the input.
  package let columnCount: Int
  /// On a 64-byte boundary; not to be read while there are `unpacked` rows.
  package let bytes: UnsafeRawPointer
  /// The matrix as it lies in the file, until it is packed: a product packs what it needs as it goes.
  package let unpacked: UnpackedRows?
}

/// Rows of a matrix as they lie in a mapped file, one after the other.
package struct UnpackedRows: @unchecked Sendable {
  // Safety: the file's mapping is read-only.
  package let start: UnsafeRawPointer
  /// Bytes of one row.
  package let byteCount: Int
}
