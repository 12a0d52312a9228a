import Core
import Grammars
import Tokenization
import Weights

/// What the last stage must know of the model's tokens to constrain them.
struct StageVocabulary {
  let trie: TokenTrie
  /// Sampled where a text may end.
  let endTokens: [TokenID]

  init(trie: TokenTrie, endTokens: [TokenID]) {
    self.trie = trie
    self.endTokens = endTokens
  }

  /// Reads the tokenizer of the stage's model, which lies in the header that every worker has.
  /// - Throws: what the file's reader and the tokenizer throw.
  init(_ checkpoint: Checkpoint) throws {
    let tokenizer = try Tokenizer(checkpoint.tokenizer)
    let ends = tokenizer.endTokens
    let spellings = (0..<TokenID(tokenizer.vocabularySize)).map { token -> [UInt8] in
      if ends.contains(token) { return [] }
      if tokenizer.isControl(token) { return ControlSpelling.bytes(of: tokenizer.spelling(of: token) ?? "") }
      let bytes = tokenizer.bytes(of: token)
      return ControlSpelling.isAmbiguous(bytes) ? [] : bytes
    }
    self.init(trie: TokenTrie(spellings), endTokens: ends.sorted())
  }
}
