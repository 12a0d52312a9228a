import Foundation
import Inference
import Tokenization
import Weights

/// Real vocabularies, texts and expected ids beside the project's folder. Absent on many machines; tests then
/// say that they skip.
enum SharedFiles {
  private static let root: URL = {
    var url = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url.deletingLastPathComponent().appendingPathComponent("shared")
  }()

  /// The path of a shared file; nil, after saying so, when it is not there.
  static func path(_ relative: String) -> String? {
    let path = root.appendingPathComponent(relative).path
    if FileManager.default.fileExists(atPath: path) { return path }
    print("skipped: shared/\(relative) is not there")
    return nil
  }

  static func data(_ relative: String) throws -> [UInt8]? {
    guard let path = path(relative) else { return nil }
    return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  static func json<Value: Decodable>(_ type: Value.Type, _ relative: String) throws -> Value? {
    guard let data = try data(relative) else { return nil }
    return try JSONDecoder().decode(type, from: Data(data))
  }

  /// The tokenizer of a GGUF or of a SentencePiece model file.
  static func tokenizer(_ relative: String) throws -> Tokenizer? {
    guard let description = try description(relative) else { return nil }
    return try Tokenizer(description)
  }

  static func description(_ relative: String) throws -> TokenizerDescription? {
    if relative.hasSuffix(".model") {
      guard let data = try data(relative) else { return nil }
      return SentencePieceFile.description(data)
    }
    guard let path = path(relative) else { return nil }
    return try Checkpoint(path: path).tokenizer
  }
}
