package import Tensors

/// A matrix of weights as it lies in a mapped file: a tensor, or some rows of one.
///
/// **Shape**: `[rowCount (out), columnCount (in)]`, row-major, rows `rowByteCount` apart, no gaps. A row
/// makes one number of the output.
package struct WeightMatrix: Sendable {
  package let type: ElementType
  package let rowCount: Int
  package let columnCount: Int
  package let rowByteCount: Int
  /// Keeps the mapping.
  let file: MappedFile
  /// Where the matrix begins in the file; all of it lies inside, which was checked when the header was read.
  let offset: Int

  package var byteCount: Int { rowCount * rowByteCount }

  /// Some of its rows.
  func rows(_ range: Range<Int>) -> WeightMatrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rowCount, "rows outside the matrix")
    return WeightMatrix(
      type: type, rowCount: range.count, columnCount: columnCount, rowByteCount: rowByteCount, file: file,
      offset: offset + range.lowerBound * rowByteCount)
  }

  /// Valid as long as this value lives.
  package var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + byteCount])
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
