import Fixtures
import Inference
import Tokenization
import Weights

extension SharedFiles {
  /// The tokenizer of a GGUF or of a SentencePiece model file.
  static func tokenizer(_ relative: String) throws -> Tokenizer? {
    guard let description = try description(relative) else { return nil }
    return try Tokenizer(description)
  }

  static func description(_ relative: String) throws -> TokenizerDescription? {
    if relative.hasSuffix(".model") {
      guard let data = try data(relative) else { return nil }
      return SentencePieceFile.description(Array(data))
    }
    guard let path = path(relative) else { return nil }
    return try Checkpoint(path: path).tokenizer
  }
}
