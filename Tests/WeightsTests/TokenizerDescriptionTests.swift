import Fixtures
import Core
import TestTraits
import Testing

@testable import Weights

@Suite("Vocabularies of published models", .needsShared("tokenizers"))
struct TokenizerDescriptionTests {
  @Test(
    "Every vocabulary file gives its tokenizer",
    arguments: [
      ("llama-spm", "llama", "default", 32_000), ("phi-3", "llama", "default", 32_064),
      ("llama-bpe", "gpt2", "llama-bpe", 128_256), ("qwen2", "gpt2", "qwen2", 151_936),
      ("qwen35", "gpt2", "qwen35", 151_936), ("gpt-2", "gpt2", "gpt-2", 50_257),
      ("deepseek-llm", "gpt2", "deepseek-llm", 102_400), ("deepseek-coder", "gpt2", "deepseek-coder", 32_256),
      ("falcon", "gpt2", "falcon", 65_024), ("starcoder", "gpt2", "starcoder", 49_152),
    ])
  func vocabularies(name: String, model: String, preTokenizer: String, tokenCount: Int) throws {
    let tokenizer = try TokenizerDescription(
      Checkpoint(path: SharedFiles.path("tokenizers/ggml-vocab-\(name).gguf")))
    #expect(tokenizer.model == model)
    #expect(tokenizer.preTokenizer == preTokenizer)
    #expect(tokenizer.tokens.count == tokenCount)
    #expect(tokenizer.kinds.count == tokenCount)
    #expect(tokenizer.scores.count == (model == "llama" ? tokenCount : 0))
    #expect(tokenizer.merges.isEmpty == (model == "llama"))
    #expect(tokenizer.endToken != nil)
  }

  @Test("A SentencePiece vocabulary comes with spellings, scores, kinds and special tokens")
  func sentencePiece() throws {
    let tokenizer = try Checkpoint(path: SharedFiles.path("tokenizers/ggml-vocab-phi-3.gguf")).tokenizer
    #expect(tokenizer.tokens[3] == Array("<0x00>".utf8))
    #expect(tokenizer.kinds[3] == .byte)
    #expect(tokenizer.beginToken == 1)
    #expect(tokenizer.endToken == 32_000)
    #expect(tokenizer.otherEndTokens == [32_007])  // <|end|>
    #expect(tokenizer.unknownToken == 0)
    #expect(tokenizer.addsBeginToken == true)
    #expect(tokenizer.addsSpacePrefix == nil)
    #expect(tokenizer.chatTemplate?.contains("<|assistant|>") == true)
  }
}
