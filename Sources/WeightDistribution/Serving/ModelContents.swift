import Wire

/// Where a model's parts lie in its files, as its reader found them.
package struct ModelContents: Hashable, Sendable {
  package struct File: Hashable, Sendable {
    /// Without a folder.
    package let name: String
    package let path: String
    package let byteCount: Int
    /// Bytes before the first tensor.
    package let headerByteCount: Int

    package init(name: String, path: String, byteCount: Int, headerByteCount: Int) {
      self.name = name
      self.path = path
      self.byteCount = byteCount
      self.headerByteCount = headerByteCount
    }
  }

  package struct Tensor: Hashable, Sendable {
    package let name: String
    package let fileIndex: Int
    /// From the file's beginning.
    package let offset: Int
    package let byteCount: Int

    package init(name: String, fileIndex: Int, offset: Int, byteCount: Int) {
      self.name = name
      self.fileIndex = fileIndex
      self.offset = offset
      self.byteCount = byteCount
    }
  }

  package let files: [File]
  package let tensors: [Tensor]

  package init(files: [File], tensors: [Tensor]) {
    self.files = files
    self.tensors = tensors
  }

  /// A stretch of one of the files.
  struct Stretch: Hashable, Sendable {
    let fileIndex: Int
    let offset: Int
    let byteCount: Int
  }

  /// All that is hashed: every file's header, then the tensors.
  var stretches: [Stretch] {
    files.enumerated().map { Stretch(fileIndex: $0, offset: 0, byteCount: $1.headerByteCount) }
      + tensors.map { Stretch(fileIndex: $0.fileIndex, offset: $0.offset, byteCount: $0.byteCount) }
  }

  /// The manifest, given every stretch's hashes in order; nil when they do not fit.
  func manifest(hashes: [HashedContent]) -> ModelManifest? {
    guard hashes.map(\.byteCount) == stretches.map(\.byteCount) else { return nil }
    return ModelManifest(
      files: zip(files, hashes).map { .init(name: $0.name, byteCount: $0.byteCount, header: $1) },
      tensors: zip(tensors, hashes.dropFirst(files.count)).map {
        .init(name: $0.name, fileIndex: $0.fileIndex, content: $1)
      })
  }

  /// Every stretch's hashes as a manifest has them; nil when it is another model's.
  func hashes(in manifest: ModelManifest) -> [HashedContent]? {
    let hashes = manifest.files.map(\.header) + manifest.tensors.map(\.content)
    return self.manifest(hashes: hashes) == manifest ? hashes : nil
  }
}
