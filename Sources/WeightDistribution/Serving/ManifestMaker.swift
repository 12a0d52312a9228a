import Wire

/// Hashes a whole model, on several threads, reading every byte once.
struct ManifestMaker {
  let files: ModelFiles
  let threadCount: Int
  let cancellation: Cancellation
  /// Given the bytes of every block that has been hashed, on any thread.
  let progress: @Sendable (Int) -> Void

  private struct Block {
    let stretch: Int
    let index: Int
  }

  /// Blocks until it is done.
  /// - Throws: `DiskError`, `BlobSourceError`, `Cancelled`.
  func hashes() throws -> [HashedContent] {
    let stretches = files.contents.stretches
    let counts = stretches.map { HashedContent.blockCount(byteCount: $0.byteCount) }
    let blocks = counts.enumerated().flatMap { stretch, count in
      (0..<count).map { Block(stretch: stretch, index: $0) }
    }
    let results = BlockHashes(count: blocks.count)
    try SharedWork.run(count: blocks.count, threadCount: threadCount) { next in
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: WireLimits.blockByteCount, alignment: 64)
      defer { buffer.deallocate() }
      while let number = next() {
        try cancellation.check()
        let stretch = stretches[blocks[number].stretch]
        let start = blocks[number].index * WireLimits.blockByteCount
        let bytes = UnsafeMutableRawBufferPointer(
          rebasing: buffer[..<min(WireLimits.blockByteCount, stretch.byteCount - start)])
        try files.read(fileIndex: stretch.fileIndex, offset: stretch.offset + start, into: bytes)
        results.set(number, UnsafeRawBufferPointer(bytes))
        progress(bytes.count)
      }
    }
    var first = 0
    return try zip(stretches, counts).map { stretch, count in
      defer { first += count }
      guard let content = HashedContent(byteCount: stretch.byteCount, blockHashes: results.bytes(first..<first + count))
      else { throw BlobSourceError.changed(files.contents.files[stretch.fileIndex].name) }
      return content
    }
  }
}
