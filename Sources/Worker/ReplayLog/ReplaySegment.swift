import CPlatform
import Tensors

/// Room for some rows of one sequence. Given back when it is released.
protocol ReplaySegment: AnyObject {
  /// Memory that it takes, small change not counted.
  var memoryByteCount: Int { get }
  /// Writes rows from `row` on.
  /// - Parameter fill: fills memory of exactly their size.
  func write(row: Int, rowCount: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Void) throws
  /// Fills `target` with whole rows from `row` on. Throws when they are not as they were written.
  func read(row: Int, to target: UnsafeMutableRawBufferPointer) throws
}

final class MemorySegment: ReplaySegment {
  private let width: Int
  /// `[rowCount, width]`
  private let rows: AlignedBuffer<Float>

  init(rowCount: Int, width: Int) throws {
    self.width = width
    rows = try AlignedBuffer(count: rowCount * width)
  }

  var memoryByteCount: Int { rows.count * MemoryLayout<Float>.size }

  func write(row: Int, rowCount: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
    try fill(bytes(from: row, byteCount: rowCount * width * MemoryLayout<Float>.size))
  }

  func read(row: Int, to target: UnsafeMutableRawBufferPointer) {
    target.copyMemory(from: UnsafeRawBufferPointer(bytes(from: row, byteCount: target.count)))
  }

  private func bytes(from row: Int, byteCount: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: rows.baseAddress + row * width, count: byteCount)
  }
}

/// Rows in a slot of a file. Each has its checksum in memory: what a disk gives back is used only when it is what was
/// written, since wrong hidden states would become wrong tokens.
final class DiskSegment: ReplaySegment {
  private let slot: SpillSlot
  private let rowByteCount: Int
  private var checksums: [UInt32]

  init(_ slot: SpillSlot, rowCount: Int, width: Int) {
    self.slot = slot
    rowByteCount = width * MemoryLayout<Float>.size
    checksums = Array(repeating: 0, count: rowCount)
  }

  var memoryByteCount: Int { 0 }

  func write(row: Int, rowCount: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
    try withUnsafeTemporaryAllocation(byteCount: rowCount * rowByteCount, alignment: 64) { rows in
      try fill(rows)
      let bytes = UnsafeRawBufferPointer(rows)
      for index in 0..<rowCount { checksums[row + index] = checksum(bytes, row: index) }
      try slot.write(bytes, at: row * rowByteCount)
    }
  }

  func read(row: Int, to target: UnsafeMutableRawBufferPointer) throws {
    try slot.read(into: target, at: row * rowByteCount)
    for index in 0..<target.count / rowByteCount
    where checksums[row + index] != checksum(UnsafeRawBufferPointer(target), row: index) {
      throw slot.damage()
    }
  }

  private func checksum(_ bytes: UnsafeRawBufferPointer, row: Int) -> UInt32 {
    lh_crc32c(0, bytes.baseAddress.map { $0 + row * rowByteCount }, Int64(rowByteCount))
  }
}
