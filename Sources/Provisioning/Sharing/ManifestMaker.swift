import Wire

/// Hashes a whole model, on several threads, reading every byte once.
struct ManifestMaker {
  let files: OpenModelFiles
  let threadCount: Int
  let cancellation: Cancellation
  /// Given the bytes of every piece that has been hashed, on any thread.
  let progress: @Sendable (Int) -> Void

  private struct Piece {
    let stretch: Int
    let index: Int
  }

  /// Blocks until it is done.
  /// - Throws: `DiskError`, `SharingError`, `Cancelled`.
  func hashes() throws -> [HashedContent] {
    let stretches = files.contents.stretches
    let counts = stretches.map { HashedContent.pieceCount(byteCount: $0.byteCount) }
    let pieces = counts.enumerated().flatMap { stretch, count in
      (0..<count).map { Piece(stretch: stretch, index: $0) }
    }
    let results = PieceHashes(count: pieces.count)
    try SharedWork.run(count: pieces.count, threadCount: threadCount) { next in
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: WireLimits.pieceByteCount, alignment: 64)
      defer { buffer.deallocate() }
      while let number = next() {
        try cancellation.check()
        let stretch = stretches[pieces[number].stretch]
        let start = pieces[number].index * WireLimits.pieceByteCount
        let bytes = UnsafeMutableRawBufferPointer(
          rebasing: buffer[..<min(WireLimits.pieceByteCount, stretch.byteCount - start)])
        try files.read(fileIndex: stretch.fileIndex, offset: stretch.offset + start, into: bytes)
        results.set(number, UnsafeRawBufferPointer(bytes))
        progress(bytes.count)
      }
    }
    var first = 0
    return try zip(stretches, counts).map { stretch, count in
      defer { first += count }
      guard let content = HashedContent(byteCount: stretch.byteCount, pieceHashes: results.bytes(first..<first + count))
      else { throw SharingError.changed(files.contents.files[stretch.fileIndex].name) }
      return content
    }
  }
}
