package import Wire

/// Compares what lies in a file with its hashes.
package struct FileCheck: Sendable {
  private let disk: any Disk

  package init(disk: any Disk = PosixDisk()) { self.disk = disk }

  /// The first block that is not what it should be, or not there; nil when all are good.
  ///
  /// - Parameters:
  ///   - offset: where the content begins in the file.
  ///   - progress: given the bytes of every block that was good.
  /// - Throws: `DiskError` when the file cannot be read, `Cancelled`.
  package func firstWrongBlock(
    of content: HashedContent, at offset: Int, in path: String, cancellation: Cancellation? = nil,
    progress: (Int) -> Void = { _ in }
  ) throws -> Int? {
    let descriptor = try disk.open(path, .reading)
    defer { disk.close(descriptor) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: WireLimits.blockByteCount, alignment: 64)
    defer { buffer.deallocate() }
    for index in 0..<content.blockCount {
      try cancellation?.check()
      guard try isGood(index, of: content, at: offset, descriptor, path: path, buffer) else { return index }
      progress(content.range(ofBlock: index).count)
    }
    return nil
  }

  func isGood(
    _ index: Int, of content: HashedContent, at offset: Int, _ descriptor: Int32, path: String,
    _ buffer: UnsafeMutableRawBufferPointer
  ) throws(DiskError) -> Bool {
    let range = content.range(ofBlock: index)
    let block = UnsafeMutableRawBufferPointer(rebasing: buffer[..<range.count])
    guard try disk.read(descriptor, at: offset + range.lowerBound, into: block, path: path) == range.count else {
      return false
    }
    return content.isBlock(index, UnsafeRawBufferPointer(block))
  }
}
