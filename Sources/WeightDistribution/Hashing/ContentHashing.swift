package import Wire

extension ContentID {
  /// The id of bytes that are hashed as a whole.
  package init(of bytes: some Sequence<UInt8>) {
    var hash = SHA256()
    hash.update(Array(bytes))
    self.init(hash)
  }

  init(_ hash: consuming SHA256) {
    guard let id = ContentID(bytes: hash.finalize()) else {
      preconditionFailure("a SHA-256 has 32 bytes")
    }
    self = id
  }
}

extension HashedContent {
  /// SHA-256 over the length, 64 bits little-endian, and the hashes of the blocks: what it is asked for by, and what
  /// its file in a cache is called.
  package var id: ContentID {
    var hash = SHA256()
    withUnsafeBytes(of: UInt64(byteCount).littleEndian) { hash.update($0) }
    hash.update(blockHashes)
    return ContentID(hash)
  }

  /// Whether these bytes are block `index`.
  package func isBlock(_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard (0..<blockCount).contains(index), bytes.count == range(ofBlock: index).count else { return false }
    var hash = SHA256()
    hash.update(bytes)
    return hash.finalize().elementsEqual(self.hash(ofBlock: index))
  }
}

/// Hashes of blocks, each written by whichever thread hashed it.
///
/// Safety: `@unchecked Sendable`: every block's 32 bytes are written by one thread, and read after all have ended.
final class BlockHashes: @unchecked Sendable {
  private let memory: UnsafeMutableBufferPointer<UInt8>

  init(count: Int) {
    memory = .allocate(capacity: count * ContentID.byteCount)
    memory.initialize(repeating: 0)
  }

  deinit { memory.deallocate() }

  /// Hashes the block and keeps the result as number `index`.
  func set(_ index: Int, _ bytes: UnsafeRawBufferPointer) {
    var hash = SHA256()
    hash.update(bytes)
    let start = index * ContentID.byteCount
    _ = UnsafeMutableBufferPointer(rebasing: memory[start..<start + ContentID.byteCount])
      .update(fromContentsOf: hash.finalize())
  }

  func bytes(_ range: Range<Int>) -> [UInt8] {
    Array(memory[range.lowerBound * ContentID.byteCount..<range.upperBound * ContentID.byteCount])
  }
}
