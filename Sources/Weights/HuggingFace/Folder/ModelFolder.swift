import Glibc
import JSON
import Tensors

/// A Hugging Face folder's files that are read: `config.json` first, what it says of the tokenizer and of sampling,
/// then the safetensors files.
///
/// Formats that are programs when they are read (`.bin`, `.pt`, `.pth`: pickle) are refused.
struct ModelFolder {
  static let configuration = "config.json"
  static let tokenizer = "tokenizer.json"
  static let tokenizerSettings = "tokenizer_config.json"
  static let chatTemplate = "chat_template.jinja"
  static let generation = "generation_config.json"
  private static let index = "model.safetensors.index.json"
  private static let weights = "model.safetensors"
  private static let texts = [tokenizer, tokenizerSettings, chatTemplate, generation]

  let path: String
  /// Names of the files, the configuration first.
  let fileNames: [String]

  init(_ path: String) throws(CheckpointError) {
    self.path = path
    let name = Self.name(of: path)
    guard Self.exists(Self.configuration, in: path) else {
      throw .unsupported(
        name, nil, "is a folder without \(Self.configuration)",
        remedy: "give the path of a .gguf file, or of a folder as hubs keep models")
    }
    let shards: [String]
    if Self.exists(Self.index, in: path) {
      shards = try Self.shards(of: path)
    } else if Self.exists(Self.weights, in: path) {
      shards = [Self.weights]
    } else {
      throw Self.withoutWeights(path, name)
    }
    var texts = Self.texts.filter { Self.exists($0, in: path) }
    // Where there are both, they say the same.
    let hasModel = !texts.contains(Self.tokenizer) && Self.exists(SentencePieceModel.fileName, in: path)
    if hasModel { texts.insert(SentencePieceModel.fileName, at: 0) }
    fileNames = [Self.configuration] + texts + shards
  }

  static func isConfiguration(_ name: String) -> Bool { name == configuration }
  static func isSafetensors(_ name: String) -> Bool { name.hasSuffix(".safetensors") }

  private static func exists(_ name: String, in path: String) -> Bool {
    access(path + "/" + name, F_OK) == 0
  }

  /// The files that the index names, each a file of this very folder.
  private static func shards(of path: String) throws(CheckpointError) -> [String] {
    let file = try CheckpointFiles.map(path + "/" + index, name: index)
    let root = try FolderValue.parse(Array(file.bytes), name: index)
    let map = try root.required("weight_map")
    guard let members = map.value.object?.members, !members.isEmpty else { throw map.invalid("is not an object") }
    var names: Set<String> = []
    for member in members {
      guard let name = member.value.string, isSafetensors(name), !name.contains("/"), !name.hasPrefix(".") else {
        throw map.invalid("names a file for \(tensorSubject(printable(member.key))) that is no safetensors file here")
      }
      names.insert(name)
    }
    guard names.count <= GGUFLimits.shardCount else {
      throw map.invalid("names \(names.count) files, and at most \(GGUFLimits.shardCount) are read")
    }
    return names.sorted()
  }

  private static func withoutWeights(_ path: String, _ name: String) -> CheckpointError {
    let files = listing(of: path)
    let pickles = [".bin", ".pt", ".pth", ".ckpt"]
    if let pickle = files.first(where: { file in pickles.contains { file.hasSuffix($0) } }) {
      return .unsupported(
        name, nil,
        "has its weights in \(printable(pickle)), a pickle, which runs code of its maker's when it is read, so it is "
          + "never read",
        remedy: "use a repository with safetensors files, or save the model again with safe_serialization")
    }
    if let gguf = files.first(where: { $0.hasSuffix(".gguf") }) {
      return .unsupported(
        name, nil, "has no safetensors file", remedy: "give the path of its GGUF file, such as \(printable(gguf))")
    }
    return .unsupported(
      name, nil, "has neither \(weights) nor \(index)", remedy: "download the folder again, with its safetensors files")
  }

  /// Names of what is in the folder, in order; none where it cannot be listed.
  private static func listing(of path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      names.append(withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
    return names.sorted()
  }

  /// The folder's own name, whatever the path to it.
  static func name(of path: String) -> String {
    guard let whole = realpath(path, nil) else { return ShardSet.lastComponent(path) }
    defer { free(whole) }
    return ShardSet.lastComponent(String(cString: whole))
  }
}
