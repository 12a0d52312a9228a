import Glibc
import Tensors

/// One GGUF checkpoint: a file, or the shards it was split into, mapped and with its headers read. Tensor
/// bytes stay where they are. Or what is stored of one: its headers, and some of its tensors in files of their own.
///
/// Versions 2 and 3, little-endian. Throws `CheckpointError`. Cost of opening: the header's bytes, read once.
package struct GGUFFile: Sendable {
  /// The first shard's metadata, which is all of it.
  package let metadata: Metadata
  /// All shards' tensors, in the order of the shards and of their directories.
  package let tensors: [TensorEntry]
  /// Names of the files, without their folder; the first is what errors name.
  package let fileNames: [String]
  let parts: [Part]
  /// Where tensors lie in files of their own: those that are there at all. Nil where they lie in the parts.
  private let stored: [String: MappedFile]?
  private let indexByName: [String: Int]

  /// One of the files, of which perhaps only the header is here.
  struct Part: Sendable {
    let name: String
    let file: MappedFile
    let header: GGUFHeader
    /// Bytes of the whole file.
    let byteCount: Int
  }

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
    try self.init(parts: parts, set: set, stored: nil)
  }

  /// Puts a checkpoint together from its headers and those of its tensors that are stored.
  init(_ headers: [StoredHeader], tensors: [StoredTensor]) throws(CheckpointError) {
    var parts: [Part] = []
    for (index, header) in headers.enumerated() {
      parts.append(
        try Self.openPart(header.path, name: header.name, index: index, byteCount: header.fileByteCount))
    }
    guard !parts.isEmpty else { throw .damaged("checkpoint", nil, "has no files") }
    var stored: [String: MappedFile] = [:]
    for tensor in tensors { stored[tensor.name] = try Self.map(tensor.path, name: parts[0].name) }
    try self.init(parts: parts, set: nil, stored: stored)
    for entry in self.tensors {
      guard let file = stored[entry.name], file.bytes.count != entry.byteCount else { continue }
      throw .damaged(fileName(of: entry), tensorSubject(entry.name), "is stored with \(file.bytes.count) bytes")
    }
  }

  private init(parts: [Part], set: ShardSet?, stored: [String: MappedFile]?) throws(CheckpointError) {
    self.metadata = parts[0].header.metadata
    self.parts = parts
    self.stored = stored
    self.fileNames = parts.map(\.name)
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
  package var byteCount: Int { parts.reduce(0) { $0 + $1.byteCount } }

  /// Where an entry's bytes begin, or nil when they are not stored here.
  func place(of entry: TensorEntry) -> (file: MappedFile, offset: Int)? {
    guard let stored else { return (parts[entry.fileIndex].file, entry.offset) }
    return stored[entry.name].map { ($0, 0) }
  }

  /// An entry's bytes, or nil when its size is unknown, or it is not stored here.
  ///
  /// Safety: the entry's range was checked against its file; the bytes live as long as this value.
  func bytes(of entry: TensorEntry) -> UnsafeRawBufferPointer? {
    guard let count = entry.byteCount, let (file, offset) = place(of: entry) else { return nil }
    return UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + count])
  }

  /// Whether all that was read of the files until now is what they had when they were opened. Cost: a system call for
  /// each file.
  /// - Throws: `CheckpointError` that names the file.
  func requireUnchanged() throws(CheckpointError) {
    for part in parts { try Self.requireUnchanged(part.file, name: part.name) }
    for (tensor, file) in stored ?? [:] { try Self.requireUnchanged(file, name: tensor) }
  }

  private static func requireUnchanged(_ file: MappedFile, name: String) throws(CheckpointError) {
    do throws(MappedFileError) {
      try file.requireUnchanged()
    } catch {
      throw .unreadable(name, error.reason)
    }
  }

  private static func openPart(
    _ path: String, name: String? = nil, index: Int, byteCount: Int? = nil
  ) throws(CheckpointError) -> Part {
    let name = name ?? ShardSet.lastComponent(path)
    let file = try map(path, name: name)
    let byteCount = byteCount ?? file.bytes.count
    return Part(
      name: name, file: file,
      header: try GGUFHeaderParser.parse(file, name: name, index: index, fileByteCount: byteCount),
      byteCount: byteCount)
  }

  private static func map(_ path: String, name: String) throws(CheckpointError) -> MappedFile {
    do throws(MappedFileError) {
      return try MappedFile(path: path)
    } catch {
      throw .unreadable(name, error.reason)
    }
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
    case .changed:
      .unsupported(
        file, nil, "was written to while it was read",
        remedy: "start again when it is whole, and replace a model file by renaming (mv), never in place")
    }
  }
}
