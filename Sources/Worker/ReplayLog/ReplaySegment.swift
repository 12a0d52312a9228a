import CPlatform
import Tensors

/// Room for some rows of one sequence. Given back when it is released.
protocol ReplaySegment: AnyObject {
  /// Memory that it takes, small change not counted.
  var memoryByteCount: Int { get }
  func write(_ rows: UnsafePointer<Float>, row: Int, rowCount: Int) throws
  /// Gives rows that were written. Throws when they cannot be had as they were.
  func read(row: Int, rowCount: Int, to target: UnsafeMutablePointer<Float>) throws
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

  func write(_ source: UnsafePointer<Float>, row: Int, rowCount: Int) {
    (rows.baseAddress + row * width).update(from: source, count: rowCount * width)
  }

  func read(row: Int, rowCount: Int, to target: UnsafeMutablePointer<Float>) {
    target.update(from: rows.baseAddress + row * width, count: rowCount * width)
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

  func write(_ rows: UnsafePointer<Float>, row: Int, rowCount: Int) throws {
    let bytes = UnsafeRawBufferPointer(start: rows, count: rowCount * rowByteCount)
    for index in 0..<rowCount { checksums[row + index] = checksum(bytes, row: index) }
    try slot.write(bytes, at: row * rowByteCount)
  }

  func read(row: Int, rowCount: Int, to target: UnsafeMutablePointer<Float>) throws {
    let bytes = UnsafeMutableRawBufferPointer(start: target, count: rowCount * rowByteCount)
    try slot.read(into: bytes, at: row * rowByteCount)
    for index in 0..<rowCount where checksums[row + index] != checksum(UnsafeRawBufferPointer(bytes), row: index) {
      throw slot.damage()
    }
  }

  private func checksum(_ bytes: UnsafeRawBufferPointer, row: Int) -> UInt32 {
    lh_crc32c(0, bytes.baseAddress.map { $0 + row * rowByteCount }, Int64(rowByteCount))
  }
}
