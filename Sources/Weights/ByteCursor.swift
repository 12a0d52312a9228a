/// Reads little-endian values from bytes, one after the other, and never past their end.
///
/// Safety: it does not own the bytes. The function that makes one keeps their owner alive while using it, and
/// does not let it out. Every read is checked against `remaining` first.
struct ByteCursor {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var remaining: Int { bytes.count - position }

  /// The next integer, or nil when the bytes end before it does.
  mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self) -> T? {
    guard remaining >= MemoryLayout<T>.size else { return nil }
    let value = bytes.loadUnaligned(fromByteOffset: position, as: T.self)
    position += MemoryLayout<T>.size
    return T(littleEndian: value)
  }

  /// The next `count` bytes, or nil when fewer are left. They live as long as the cursor's bytes.
  mutating func take(_ count: UInt64) -> UnsafeRawBufferPointer? {
    guard let count = Int(exactly: count), count <= remaining else { return nil }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }
}
