/// What a model's files consist of, by hashes: enough to tell whether bytes from anywhere are the model's.
///
/// Everything is hashed in pieces of `WireLimits.pieceByteCount`, so that a wrong byte costs one piece.
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
  /// SHA-256 of every piece, one after the other.
  package let pieceHashes: [UInt8]

  /// Nil unless there is exactly one hash for each piece.
  package init?(byteCount: Int, pieceHashes: [UInt8]) {
    guard byteCount > 0, pieceHashes.count % ContentID.byteCount == 0,
      pieceHashes.count / ContentID.byteCount == Self.pieceCount(byteCount: byteCount)
    else { return nil }
    self.byteCount = byteCount
    self.pieceHashes = pieceHashes
  }

  package var pieceCount: Int { pieceHashes.count / ContentID.byteCount }

  package static func pieceCount(byteCount: Int) -> Int {
    byteCount / WireLimits.pieceByteCount + (byteCount % WireLimits.pieceByteCount == 0 ? 0 : 1)
  }

  /// Where piece `index` lies.
  package func range(ofPiece index: Int) -> Range<Int> {
    let start = index * WireLimits.pieceByteCount
    return start..<min(start + WireLimits.pieceByteCount, byteCount)
  }

  /// The hash of piece `index`.
  package func hash(ofPiece index: Int) -> ArraySlice<UInt8> {
    pieceHashes[index * ContentID.byteCount..<(index + 1) * ContentID.byteCount]
  }
}
