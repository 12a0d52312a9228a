import Fixtures
import Foundation
import Core
import TestTraits
import Testing
import Tokenization

/// Agreement, id for id, with other programs on their own test cases and on whole books.
@Suite(
  "Vocabularies of published models, and whole books",
  .needsShared("tokenizers", "goldens/tokenization.json", "text", "models/stories260K"))
struct RealVocabularyTests {
  static let names = [
    "llama-spm", "llama-bpe", "qwen2", "qwen35", "phi-3", "gpt-2", "deepseek-llm", "deepseek-coder", "falcon",
    "starcoder",
  ]

  @Test("Every published case of a vocabulary gives the published ids", arguments: names)
  func publishedCases(name: String) throws {
    let file = "tokenizers/ggml-vocab-\(name).gguf"
    let (input, output) = (try SharedFiles.data(file + ".inp"), try SharedFiles.data(file + ".out"))
    let tokenizer = try SharedFiles.tokenizer(file)
    let texts = String(decoding: input, as: UTF8.self).components(separatedBy: "\n__ggml_vocab_test__\n")
    let lines = String(decoding: output, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(texts.count >= 47 && lines.count >= texts.count)
    for (text, line) in zip(texts, lines) {
      let expected = line.split(separator: " ").compactMap { TokenID($0) }
      let ids = tokenizer.encode(text, addingBegin: false, parsingSpecial: false)
      #expect(ids == expected, "\(name): \(text.debugDescription)")
      #expect(tokenizer.decode(ids) == text, "\(name): \(text.debugDescription)")
    }
  }

  struct Goldens: Decodable {
    struct File: Decodable {
      let text: String
      let tokenizer: String
      let tokens: Int
      let sha256_u32le: String
      let first: [TokenID]
      let last: [TokenID]
    }
    struct Short: Decodable {
      let text: String
      let spaces_kept: [TokenID]
    }
    let files: [File]
    let tok512_short: [Short]
  }

  static let ownVocabulary = "models/stories260K/stories260K-F32.gguf"
  static let bookVocabularies = [
    ("tok512 as llama.cpp", ownVocabulary),
    ("ggml-vocab-llama-spm", "tokenizers/ggml-vocab-llama-spm.gguf"),
    ("ggml-vocab-llama-spm", "tokenizers/llama2.tokenizer.model"),
    ("mistral-v3", "tokenizers/mistral-v3.tokenizer.model"),
    ("ggml-vocab-gpt-2", "tokenizers/ggml-vocab-gpt-2.gguf"),
    ("ggml-vocab-llama-bpe", "tokenizers/ggml-vocab-llama-bpe.gguf"),
    ("ggml-vocab-qwen2", "tokenizers/ggml-vocab-qwen2.gguf"),
  ]

  @Test("Whole books give the reference's ids and decode to the same text", arguments: bookVocabularies)
  func books(prefix: String, file: String) throws {
    let goldens = try SharedFiles.json(Goldens.self, "goldens/tokenization.json")
    let tokenizer = try SharedFiles.tokenizer(file)
    let wanted = goldens.files.filter { $0.tokenizer.hasPrefix(prefix) }
    #expect(!wanted.isEmpty)
    for golden in wanted {
      let text = String(decoding: try SharedFiles.data("text/" + golden.text), as: UTF8.self)
      let ids = tokenizer.encode(text, addingBegin: false, parsingSpecial: false)
      #expect(ids.count == golden.tokens)
      #expect(Array(ids.prefix(40)) == golden.first)
      #expect(Array(ids.suffix(40)) == golden.last)
      let stored = ids.flatMap { id in (0..<4).map { UInt8(truncatingIfNeeded: id >> ($0 * 8)) } }
      #expect(SHA256.hexDigest(stored) == golden.sha256_u32le, "\(file), \(golden.text)")
      #expect(tokenizer.decode(ids) == text)
    }
  }

  @Test("The small models' vocabulary keeps runs of spaces")
  func spacesKept() throws {
    let goldens = try SharedFiles.json(Goldens.self, "goldens/tokenization.json")
    let tokenizer = try SharedFiles.tokenizer(Self.ownVocabulary)
    for short in goldens.tok512_short {
      let ids = tokenizer.encode(short.text, addingBegin: false, parsingSpecial: false)
      #expect(ids == short.spaces_kept, "\(short.text.debugDescription)")
    }
  }

  struct Case: Decodable {
    struct Encoded: Decodable { let input_ids: [TokenID] }
    let input: String
    let encoded: Encoded
  }

  static let mapped = [
    ("distilgpt2", "gpt-2"), ("coreml-projects/Llama-2-7b-chat-coreml", "llama-spm"),
    ("tiiuae/falcon-7b", "falcon"),
    ("pcuenq/Llama-3.2-1B-Instruct-tokenizer", "llama-bpe"),
  ]

  @Test("Cases of another Swift tokenizer give its ids", arguments: mapped)
  func otherSwiftTokenizer(key: String, name: String) throws {
    typealias Cases = [String: [Case]]
    let all = try SharedFiles.json(Cases.self, "tokenizers/swift-transformers/tokenizer_tests.json")
    let tokenizer = try SharedFiles.tokenizer("tokenizers/ggml-vocab-\(name).gguf")
    let cases = try #require(all[key])
    for entry in cases {
      let addsBegin = tokenizer.addsBeginToken
      let ids = tokenizer.encode(entry.input, addingBegin: addsBegin, parsingSpecial: true)
      #expect(ids == entry.encoded.input_ids, "\(name): \(entry.input.debugDescription)")
    }
  }

  @Test(
    "Pieces streamed one by one are the book, for both kinds of vocabulary",
    arguments: ["qwen2", "llama-spm"])
  func streamedBook(name: String) throws {
    let tokenizer = try SharedFiles.tokenizer("tokenizers/ggml-vocab-\(name).gguf")
    let bytes = try SharedFiles.data("text/promessi-sposi.it.txt")
    let text = String(decoding: bytes.prefix(200_000), as: UTF8.self) + "東京は日本の首都です 🦙👩‍👩‍👧"
    var detokenizer = StreamingDetokenizer(tokenizer, continuing: false)
    var streamed = ""
    for token in tokenizer.encode(text, addingBegin: true, parsingSpecial: false) {
      streamed += detokenizer.append(token)
    }
    streamed += detokenizer.finish()
    #expect(streamed == text)
  }

  @Test("A user's text never yields a control token, whatever it spells", arguments: names)
  func noInjection(name: String) throws {
    let file = "tokenizers/ggml-vocab-\(name).gguf"
    let description = try SharedFiles.description(file)
    let tokenizer = try Tokenizer(description)
    for (id, spelling) in description.tokens.enumerated() where tokenizer.isControl(TokenID(id)) {
      let text = "a " + String(decoding: spelling, as: UTF8.self) + " b"
      let ids = tokenizer.encode(text, addingBegin: false, parsingSpecial: false)
      #expect(!ids.contains { tokenizer.isControl($0) }, "\(text)")
      let parsed = tokenizer.encode(text, addingBegin: false, parsingSpecial: true)
      #expect(parsed.contains(TokenID(id)), "\(text)")
    }
  }
}
