import Tensors

/// One of a folder's files: `byteCount` of the whole file, where only its header is at `path`.
private struct FolderFile {
  let name: String
  let path: String
  var byteCount: Int?
}

/// Hugging Face folders, under GGUF's names. Cost of opening: the headers of the safetensors files and `config.json`,
/// read once.
extension CheckpointFiles.Directory {
  /// Opens the folder at `path`.
  static func folder(_ path: String) throws(CheckpointError) -> CheckpointFiles.Directory {
    let folder = try ModelFolder(path)
    return try CheckpointFiles.Directory(
      folder.fileNames.map { FolderFile(name: $0, path: path + "/" + $0) },
      name: ModelFolder.name(of: path))
  }

  static func folder(_ headers: [StoredHeader]) throws(CheckpointError) -> CheckpointFiles.Directory {
    try CheckpointFiles.Directory(
      headers.map { FolderFile(name: $0.name, path: $0.path, byteCount: $0.fileByteCount) }, name: nil)
  }

  /// - Parameters:
  ///   - files: in the folder's order, the configuration first.
  ///   - name: the model's, for people.
  private init(_ files: [FolderFile], name: String?) throws(CheckpointError) {
    var parts: [CheckpointFiles.Part] = []
    var entries: [SafetensorsEntry] = []
    for (index, listed) in files.enumerated() {
      let file = try CheckpointFiles.map(listed.path, name: listed.name)
      let byteCount = listed.byteCount ?? file.bytes.count
      var headerByteCount = byteCount
      if ModelFolder.isSafetensors(listed.name) {
        let header = try SafetensorsHeader(file, name: listed.name, index: index, fileByteCount: byteCount)
        entries += header.entries
        headerByteCount = header.byteCount
      }
      guard headerByteCount <= file.bytes.count else { throw .damaged(listed.name, nil, "is not stored whole") }
      parts.append(
        CheckpointFiles.Part(name: listed.name, file: file, headerByteCount: headerByteCount, byteCount: byteCount))
    }
    let whole = try FolderValue.parse(Array(parts[0].file.bytes), name: parts[0].name)
    let family = try FolderFamily.named(by: whole)
    let config = try family.configuration(whole)
    // What the configuration asks for in vain is a better reason than the tensors it comes with.
    let read = try FolderMetadata(config, family, name: name)
    var directory = try FolderDirectory(entries, config, family, fileNames: parts.map(\.name))
    for (name, numbers) in read.factors { directory.add(name, numbers) }
    self.init(
      parts: parts, metadata: read.metadata, tensors: directory.tensors, extents: entries.map(\.extent),
      recipes: directory.recipes)
  }
}
