package import Wire

/// Something that weights are given out of: a coordinator's model, or what a worker has of one. Any thread.
package protocol BlobSource: Sendable {
  /// Checks that the bytes are here, and returns how to read them.
  /// - Throws: `BlobSourceError`.
  func reader(of range: ContentRange) throws(BlobSourceError) -> BlobReader
}

/// Reads what was asked for, blocking.
package struct BlobReader: Sendable {
  /// Fills a buffer of exactly as many bytes. Throws `DiskError` or `BlobSourceError`.
  package let fill: @Sendable (UnsafeMutableRawBufferPointer) throws -> Void

  package init(fill: @escaping @Sendable (UnsafeMutableRawBufferPointer) throws -> Void) { self.fill = fill }
}

extension ContentRange {
  /// Where the range ends, having checked that it lies within content of so many bytes and is no longer than a block.
  package func end(within byteCount: Int) throws(BlobSourceError) -> Int {
    let (end, overflow) = offset.addingReportingOverflow(self.byteCount)
    guard offset >= 0, self.byteCount > 0, self.byteCount <= WireLimits.blockByteCount, !overflow, end <= byteCount
    else { throw .outside(self, byteCount: byteCount) }
    return end
  }
}
