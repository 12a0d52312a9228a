import Core
import Glibc
import Tensors

/// The files of one checkpoint, mapped and with their headers read: a GGUF file, the shards it was split into, or a
/// Hugging Face folder. Tensor bytes stay where they are. Or what is stored of one: its headers, and some of its
/// tensors in files of their own.
///
/// Whatever the files are, `metadata` and `tensors` have GGUF's names and shapes: readers see no difference.
package struct CheckpointFiles: Sendable {
  package internal(set) var metadata: Metadata
  /// What the metadata were made to say of RoPE; nil where they are the file's own.
  var rope: RopeOverride?
  /// All tensors, in the order of the files.
  package let tensors: [TensorEntry]
  /// What lies in the files, in their order.
  let extents: [TensorExtent]
  let parts: [Part]
  /// Where extents lie in files of their own: those that are there at all. Nil where they lie in the parts.
  private let stored: [String: MappedFile]?
  private let indexByName: [String: Int]
  /// How tensors are made of extents, by name; one without a recipe is the extent of its name.
  private let recipes: [String: TensorRecipe]

  /// One of the files, of which perhaps only the header is here.
  struct Part: Sendable {
    let name: String
    let file: MappedFile
    /// Bytes before the first tensor's.
    let headerByteCount: Int
    /// Bytes of the whole file.
    let byteCount: Int
  }

  /// What a format's reader makes of the headers.
  struct Directory {
    let parts: [Part]
    let metadata: Metadata
    let tensors: [TensorEntry]
    let extents: [TensorExtent]
    var recipes: [String: TensorRecipe] = [:]
  }

  /// Opens the file at `path`, any shard of a split one with all others beside it; or the folder.
  package init(path: String) throws(CheckpointError) {
    self.init(try Self.isFolder(path) ? .folder(path) : .gguf(path), stored: nil)
  }

  /// Puts a checkpoint together from its headers and those of its tensors that are stored.
  init(_ headers: [StoredHeader], tensors: [StoredTensor]) throws(CheckpointError) {
    guard let first = headers.first else { throw .damaged("checkpoint", nil, "has no files") }
    let directory = try ModelFolder.isConfiguration(first.name) ? Directory.folder(headers) : .gguf(headers)
    var stored: [String: MappedFile] = [:]
    for tensor in tensors { stored[tensor.name] = try Self.map(tensor.path, name: first.name) }
    self.init(directory, stored: stored)
    for extent in extents {
      guard let file = stored[extent.name], file.bytes.count != extent.byteCount else { continue }
      throw .damaged(
        fileNames[extent.fileIndex], tensorSubject(extent.name), "is stored with \(file.bytes.count) bytes")
    }
  }

  private init(_ directory: Directory, stored: [String: MappedFile]?) {
    metadata = directory.metadata
    tensors = directory.tensors
    extents = directory.extents
    parts = directory.parts
    recipes = directory.recipes
    self.stored = stored
    indexByName = Dictionary(directory.tensors.enumerated().map { ($1.name, $0) }) { first, _ in first }
  }

  package subscript(name: String) -> TensorEntry? { indexByName[name].map { tensors[$0] } }

  /// Names of the files, without their folder; the first is what errors name.
  package var fileNames: [String] { parts.map(\.name) }

  /// Bytes of all files together.
  package var byteCount: Int { parts.reduce(0) { $0 + $1.byteCount } }

  /// Whether the files are a Hugging Face folder's.
  var isFolder: Bool { parts.first.map { ModelFolder.isConfiguration($0.name) } ?? false }

  /// What a file has in its header; nil where there is no such file.
  func header(named name: String) -> [UInt8]? {
    parts.first { $0.name == name }.map { Array($0.file.bytes.prefix($0.headerByteCount)) }
  }

  /// What an entry is made of.
  func extents(of entry: TensorEntry) -> [TensorExtent] {
    if let recipe = recipes[entry.name] { return recipe.extents }
    guard let count = entry.byteCount else { return [] }
    return [TensorExtent(name: entry.name, fileIndex: entry.fileIndex, offset: entry.offset, byteCount: count)]
  }

  /// Where an extent's bytes begin, or nil when they are not stored here.
  func place(of extent: TensorExtent) -> (file: MappedFile, offset: Int)? {
    guard let stored else { return (parts[extent.fileIndex].file, extent.offset) }
    return stored[extent.name].map { ($0, 0) }
  }

  /// Where an entry's rows come from, or nil when its size is unknown, or it is not stored here.
  ///
  /// Safety: the entry's range was checked against its file.
  func rows(of entry: TensorEntry) -> WeightRows? {
    guard let recipe = recipes[entry.name], !recipe.isVerbatim else {
      guard let extent = extents(of: entry).first, let (file, offset) = place(of: extent) else { return nil }
      return .mapped(file, offset: offset)
    }
    var places: [String: RecipeRows.Place] = [:]
    for extent in recipe.extents {
      guard let (file, offset) = place(of: extent) else { return nil }
      places[extent.name] = RecipeRows.Place(file: file, offset: offset)
    }
    return .made(RecipeRows(recipe: recipe, places: places), firstRow: 0)
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

  static func map(_ path: String, name: String) throws(CheckpointError) -> MappedFile {
    do throws(MappedFileError) {
      return try MappedFile(path: path)
    } catch {
      throw .unreadable(name, error.reason)
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
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
      .unsupported(file, nil, "is not a regular file", remedy: "give the path of a .gguf file or of a model's folder")
    case .empty: .damaged(file, nil, "is empty")
    case .changed:
      .unsupported(
        file, nil, "was written to while it was read",
        remedy: "start again when it is whole, and replace a model file by renaming (mv), never in place")
    }
  }
}
