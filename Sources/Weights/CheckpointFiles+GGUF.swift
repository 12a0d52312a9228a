import Tensors

/// GGUF: versions 2 and 3, little-endian. Cost of opening: the header's bytes, read once.
extension CheckpointFiles.Directory {
  /// Opens the file at `path`; any shard of a split checkpoint opens all of them, found beside it.
  static func gguf(_ path: String) throws(CheckpointError) -> CheckpointFiles.Directory {
    let first = try GGUFPart(path, index: 0)
    let set = try ShardSet(path: path, metadata: first.header.metadata)
    guard let set else { return try CheckpointFiles.Directory([first], set: nil) }
    var parts: [GGUFPart] = []
    for index in 0..<set.count {
      let part = set.index == index ? first : try GGUFPart(set.path(index), index: index)
      try set.check(part.header.metadata, isShard: index)
      parts.append(part)
    }
    return try CheckpointFiles.Directory(parts, set: set)
  }

  static func gguf(_ headers: [StoredHeader]) throws(CheckpointError) -> CheckpointFiles.Directory {
    var parts: [GGUFPart] = []
    for (index, header) in headers.enumerated() {
      parts.append(try GGUFPart(header.path, name: header.name, index: index, byteCount: header.fileByteCount))
    }
    return try CheckpointFiles.Directory(parts, set: nil)
  }

  /// The first shard's metadata is all of it.
  private init(_ files: [GGUFPart], set: ShardSet?) throws(CheckpointError) {
    var tensors: [TensorEntry] = []
    var names: Set<String> = []
    for (fileIndex, file) in files.enumerated() {
      for entry in file.header.tensors {
        guard names.insert(entry.name).inserted else {
          throw .damaged(file.part.name, tensorSubject(entry.name), "is in another shard too")
        }
        tensors.append(entry.inFile(fileIndex))
      }
      guard tensors.count <= GGUFLimits.tensorCount else {
        throw .damaged(file.part.name, nil, "brings the shards to more than \(GGUFLimits.tensorCount) tensors")
      }
    }
    if let expected = set?.tensorCount, expected != tensors.count {
      throw .damaged(
        files[0].part.name, ShardSet.tensorCountKey,
        "is \(expected), but the shards hold \(tensors.count) tensors")
    }
    self.init(
      parts: files.map(\.part), metadata: files[0].header.metadata, tensors: tensors,
      extents: tensors.compactMap { entry in
        entry.byteCount.map {
          TensorExtent(name: entry.name, fileIndex: entry.fileIndex, offset: entry.offset, byteCount: $0)
        }
      })
  }
}

/// A GGUF file with its header.
private struct GGUFPart {
  let part: CheckpointFiles.Part
  let header: GGUFHeader

  init(_ path: String, name: String? = nil, index: Int, byteCount: Int? = nil) throws(CheckpointError) {
    let name = name ?? ShardSet.lastComponent(path)
    let file = try CheckpointFiles.map(path, name: name)
    let byteCount = byteCount ?? file.bytes.count
    header = try GGUFHeaderParser.parse(file, name: name, index: index, fileByteCount: byteCount)
    part = CheckpointFiles.Part(name: name, file: file, headerByteCount: header.byteCount, byteCount: byteCount)
  }
}

extension TensorEntry {
  fileprivate func inFile(_ index: Int) -> TensorEntry {
    TensorEntry(
      name: name, type: type, dimensions: dimensions, fileIndex: index, offset: offset, byteCount: byteCount)
  }
}
