import Glibc
import Tensors

/// One GGUF checkpoint: a file, or the shards it was split into, mapped and with its headers read. Tensor
/// bytes stay where they are.
///
/// Versions 2 and 3, little-endian. Throws `CheckpointError`. Cost of opening: the header's bytes, read once.
package struct GGUFFile: Sendable {
  /// The first shard's metadata, which is all of it.
  package let metadata: Metadata
  /// All shards' tensors, in the order of the shards and of their directories.
  package let tensors: [TensorEntry]
  /// Names of the files, without their folder; the first is what errors name.
  package let fileNames: [String]
  let files: [MappedFile]
  /// Bytes of each file's header, from its beginning.
  let headerByteCounts: [Int]
  private let indexByName: [String: Int]

  /// Opens the file at `path`; any shard of a split checkpoint opens all of them, found beside it.
  package init(path: String) throws(CheckpointError) {
    let first = try Self.openPart(path, index: 0)
    let set = try ShardSet(path: path, metadata: first.header.metadata)
    var parts = [first]
    if let set {
      parts = []
      for index in 0..<set.count {
        let part = set.index == index ? first : try Self.openPart(set.path(index), index: index)
        try set.check(part.header.metadata, isShard: index)
        parts.append(part)
      }
    }
    try self.init(parts: parts, set: set)
  }

  private init(parts: [Part], set: ShardSet?) throws(CheckpointError) {
    self.metadata = parts[0].header.metadata
    self.files = parts.map(\.file)
    self.fileNames = parts.map(\.name)
    self.headerByteCounts = parts.map(\.header.byteCount)
    var tensors: [TensorEntry] = []
    var indexByName: [String: Int] = [:]
    for (fileIndex, part) in parts.enumerated() {
      for entry in part.header.tensors {
        guard indexByName.updateValue(tensors.count, forKey: entry.name) == nil else {
          throw .damaged(part.name, tensorSubject(entry.name), "is in another shard too")
        }
        tensors.append(entry.inFile(fileIndex))
      }
      guard tensors.count <= GGUFLimits.tensorCount else {
        throw .damaged(part.name, nil, "brings the shards to more than \(GGUFLimits.tensorCount) tensors")
      }
    }
    if let expected = set?.tensorCount, expected != tensors.count {
      throw .damaged(
        parts[0].name, ShardSet.tensorCountKey, "is \(expected), but the shards hold \(tensors.count) tensors"
      )
    }
    self.tensors = tensors
    self.indexByName = indexByName
  }

  package subscript(name: String) -> TensorEntry? { indexByName[name].map { tensors[$0] } }

  /// Bytes of all files together.
  package var byteCount: Int { files.reduce(0) { $0 + $1.bytes.count } }

  /// An entry's bytes, or nil when its size is unknown.
  ///
  /// Safety: the entry's range was checked against its file; the bytes live as long as this value's `files`.
  func bytes(of entry: TensorEntry) -> UnsafeRawBufferPointer? {
    entry.byteCount.map { count in
      UnsafeRawBufferPointer(rebasing: files[entry.fileIndex].bytes[entry.offset..<entry.offset + count])
    }
  }

  private struct Part {
    let name: String
    let file: MappedFile
    let header: GGUFHeader
  }

  private static func openPart(_ path: String, index: Int) throws(CheckpointError) -> Part {
    let name = ShardSet.lastComponent(path)
    let file: MappedFile
    do throws(MappedFileError) {
      file = try MappedFile(path: path)
    } catch {
      throw .unreadable(name, error.reason)
    }
    return Part(name: name, file: file, header: try GGUFHeaderParser.parse(file, name: name, index: index))
  }
}

extension TensorEntry {
  fileprivate func inFile(_ index: Int) -> TensorEntry {
    TensorEntry(
      name: name, type: type, dimensions: dimensions, fileIndex: index, offset: offset, byteCount: byteCount)
  }
}

extension CheckpointError {
  fileprivate static func unreadable(_ file: String, _ reason: MappedFileError.Reason) -> CheckpointError {
    switch reason {
    case .system(let call, let code):
      .unsupported(
        file, nil, "cannot be read (\(call): \(String(cString: strerror(code))))",
        remedy: "check the path, that the file is there, and the permission to read it")
    case .notARegularFile:
      .unsupported(file, nil, "is not a regular file", remedy: "give the path of a .gguf file")
    case .empty: .damaged(file, nil, "is empty")
    }
  }
}
