/// What a model's files consist of, by hashes: enough to tell whether bytes from anywhere are the model's.
///
/// Everything is hashed in blocks of `WireLimits.blockByteCount`, so that a wrong byte costs one block.
package struct ModelManifest: Hashable, Sendable {
  /// One of the checkpoint's files.
  package struct File: Hashable, Sendable {
    /// Without a folder.
    package var name: String
    /// Of the whole file.
    package var byteCount: Int
    /// What precedes the tensors.
    package var header: HashedContent

    package init(name: String, byteCount: Int, header: HashedContent) {
      self.name = name
      self.byteCount = byteCount
      self.header = header
    }
  }

  package struct Tensor: Hashable, Sendable {
    package var name: String
    /// Which of the files holds it.
    package var fileIndex: Int
    package var content: HashedContent

    package init(name: String, fileIndex: Int, content: HashedContent) {
      self.name = name
      self.fileIndex = fileIndex
      self.content = content
    }
  }

  /// Not empty.
  package var files: [File]
  package var tensors: [Tensor]

  package init(files: [File], tensors: [Tensor]) {
    self.files = files
    self.tensors = tensors
  }
}

/// Bytes known by their hashes.
package struct HashedContent: Hashable, Sendable {
  /// At least 1.
  package let byteCount: Int
  /// SHA-256 of every block, one after the other.
  package let blockHashes: [UInt8]

  /// Nil unless there is exactly one hash for each block.
  package init?(byteCount: Int, blockHashes: [UInt8]) {
    guard byteCount > 0, blockHashes.count % ContentID.byteCount == 0,
      blockHashes.count / ContentID.byteCount == Self.blockCount(byteCount: byteCount)
    else { return nil }
    self.byteCount = byteCount
    self.blockHashes = blockHashes
  }

  package var blockCount: Int { blockHashes.count / ContentID.byteCount }

  package static func blockCount(byteCount: Int) -> Int {
    byteCount / WireLimits.blockByteCount + (byteCount % WireLimits.blockByteCount == 0 ? 0 : 1)
  }

  /// Where block `index` lies.
  package func range(ofBlock index: Int) -> Range<Int> {
    let start = index * WireLimits.blockByteCount
    return start..<min(start + WireLimits.blockByteCount, byteCount)
  }

  /// The hash of block `index`.
  package func hash(ofBlock index: Int) -> ArraySlice<UInt8> {
    blockHashes[index * ContentID.byteCount..<(index + 1) * ContentID.byteCount]
  }
}
