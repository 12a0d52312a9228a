package import Wire

/// Compares what lies in a file with its hashes.
package struct FileCheck: Sendable {
  private let disk: any Disk

  package init(disk: any Disk = PosixDisk()) { self.disk = disk }

  /// The first piece that is not what it should be, or not there; nil when all are good.
  ///
  /// - Parameters:
  ///   - offset: where the content begins in the file.
  ///   - progress: given the bytes of every piece that was good.
  /// - Throws: `DiskError` when the file cannot be read, `Cancelled`.
  package func firstWrongPiece(
    of content: HashedContent, at offset: Int, in path: String, cancellation: Cancellation? = nil,
    progress: (Int) -> Void = { _ in }
  ) throws -> Int? {
    let descriptor = try disk.open(path, .reading)
    defer { disk.close(descriptor) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: WireLimits.pieceByteCount, alignment: 64)
    defer { buffer.deallocate() }
    for index in 0..<content.pieceCount {
      try cancellation?.check()
      guard try isGood(index, of: content, at: offset, descriptor, path: path, buffer) else { return index }
      progress(content.range(ofPiece: index).count)
    }
    return nil
  }

  func isGood(
    _ index: Int, of content: HashedContent, at offset: Int, _ descriptor: Int32, path: String,
    _ buffer: UnsafeMutableRawBufferPointer
  ) throws(DiskError) -> Bool {
    let range = content.range(ofPiece: index)
    let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<range.count])
    guard try disk.read(descriptor, at: offset + range.lowerBound, into: piece, path: path) == range.count else {
      return false
    }
    return content.isPiece(index, UnsafeRawBufferPointer(piece))
  }
}
