import Fixtures
import Core
import Tokenization
import Weights

extension SharedFiles {
  /// The tokenizer of a GGUF or of a SentencePiece model file.
  static func tokenizer(_ relative: String) throws -> Tokenizer {
    try Tokenizer(description(relative))
  }

  static func description(_ relative: String) throws -> TokenizerDescription {
    if relative.hasSuffix(".model") {
      return try TokenizerDescription(TokenizerFiles(tokenizer: Array(try data(relative)), isSentencePiece: true))
    }
    return try Checkpoint(path: path(relative)).tokenizer
  }
}
