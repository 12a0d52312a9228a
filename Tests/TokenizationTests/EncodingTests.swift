import Core
import Testing
import Tokenization

/// The rules of encoding, on vocabularies small enough to see through.
@Suite struct EncodingTests {
  private static let pieces = ["▁", "a", "b", "c", "ab", "bc", "▁a", "abc"]
  private let description = TestVocabulary.sentencePiece(Self.pieces)

  private func spellings(_ tokenizer: Tokenizer, _ ids: [TokenID]) -> [String] {
    ids.map { tokenizer.spelling(of: $0) ?? "?" }
  }

  @Test("The best score merges first, the leftmost of equals")
  func scores() throws {
    let tokenizer = try Tokenizer(description)
    let encode = { tokenizer.encode($0, addingBegin: false, parsingSpecial: false) }
    // "ab" beats "bc" and "▁a".
    #expect(spellings(tokenizer, encode("abc")) == ["▁", "abc"])
    #expect(spellings(tokenizer, encode("abcbc")) == ["▁", "abc", "bc"])
    var equal = description
    equal.scores = equal.scores.map { _ in 0 }
    let other = try Tokenizer(equal)
    #expect(spellings(other, other.encode("abc", addingBegin: false, parsingSpecial: false)) == ["▁a", "bc"])
  }

  @Test("The space before a text can be disabled, and is added after special tokens")
  func prefix() throws {
    var without = description
    without.addsSpacePrefix = false
    let plain = try Tokenizer(without)
    #expect(spellings(plain, plain.encode("a a", addingBegin: false, parsingSpecial: false)) == ["a", "▁a"])
    #expect(plain.decode(plain.encode(" a", addingBegin: false, parsingSpecial: false)) == " a")
    let tokenizer = try Tokenizer(description)
    let ids = tokenizer.encode("a</s>a", addingBegin: true, parsingSpecial: true)
    #expect(spellings(tokenizer, ids) == ["<s>", "▁a", "</s>", "▁a"])
    #expect(tokenizer.encode("", addingBegin: false, parsingSpecial: true) == [])
    #expect(tokenizer.encode("", addingBegin: true, parsingSpecial: true) == [1])
  }

  @Test("The begin token is not duplicated")
  func begin() throws {
    let tokenizer = try Tokenizer(description)
    #expect(tokenizer.encode("<s>a", addingBegin: true, parsingSpecial: true).filter { $0 == 1 }.count == 1)
  }

  @Test("User-defined tokens are found in any text, control tokens only where they are parsed")
  func special() throws {
    let tokenizer = try Tokenizer(description)
    let text = "a[[tag]]<|im_end|>b"
    let plain = tokenizer.encode(text, addingBegin: false, parsingSpecial: false)
    #expect(
      spellings(tokenizer, plain).contains("[[tag]]") && !spellings(tokenizer, plain).contains("<|im_end|>"))
    #expect(tokenizer.decode(plain) == "a[[tag]] <|im_end|>b")
    let parsed = tokenizer.encode(text, addingBegin: false, parsingSpecial: true)
    #expect(spellings(tokenizer, parsed) == ["▁a", "[[tag]]", "<|im_end|>", "▁", "b"])
  }

  @Test("The leftmost special token matches first, the longest of several at one position")
  func longest() throws {
    var description = description
    description.add("<x>", .control)
    description.add("<x><y>", .control)
    description.add("y><z", .control)
    let tokenizer = try Tokenizer(description)
    let ids = tokenizer.encode("<x><y><z", addingBegin: false, parsingSpecial: true)
    #expect(spellings(tokenizer, ids.prefix(1).map { $0 }) == ["<x><y>"])
  }

  @Test(
    "Segments are one text: words merge across their borders, special tokens do not",
    arguments: [0, 1, 2, 3, 5, 8, 11])
  func segments(cut: Int) throws {
    let tokenizer = try Tokenizer(description)
    let text = "abc <|im_end|> abc"
    let parts = [
      TextSegment(String(text.prefix(cut)), parsesSpecial: false),
      TextSegment(String(text.dropFirst(cut)), parsesSpecial: false),
    ]
    let whole = tokenizer.encode(text, addingBegin: false, parsingSpecial: false)
    #expect(tokenizer.encode(parts, addingBegin: false) == whole)
    let mixed = tokenizer.encode(
      [TextSegment("<|im_", parsesSpecial: true), TextSegment("end|>", parsesSpecial: true)],
      addingBegin: false)
    #expect(!mixed.contains { tokenizer.isControl($0) })
  }

  @Test("Merges of a byte-level vocabulary go by rank")
  func ranks() throws {
    let tokenizer = try Tokenizer(TestVocabulary.byteLevel(["b c", "a b", "a bc", "Ġ a"]))
    let ids = tokenizer.encode("abc ab a", addingBegin: false, parsingSpecial: false)
    #expect(spellings(tokenizer, ids) == ["abc", "Ġ", "ab", "Ġa"])
    #expect(tokenizer.decode(ids) == "abc ab a")
  }

  @Test("A pre-token that is a vocabulary entry becomes that token for kinds that ask for it, and is merged otherwise")
  func whole() throws {
    var description = TestVocabulary.byteLevel(["b c", "a b"], preTokenizer: "llama-bpe")
    description.add("abc", .normal)
    description.scores = []
    let whole = try Tokenizer(description)
    #expect(spellings(whole, whole.encode("abc", addingBegin: false, parsingSpecial: false)) == ["abc"])
    description.preTokenizer = "qwen2"
    let merged = try Tokenizer(description)
    #expect(
      spellings(merged, merged.encode("abc", addingBegin: false, parsingSpecial: false)) == ["a", "bc"])
  }

  @Test("A merged piece outside the vocabulary falls back to its bytes")
  func missingPiece() throws {
    var description = TestVocabulary.byteLevel(["a b"])
    description.tokens[256] = Array("zz".utf8)
    let tokenizer = try Tokenizer(description)
    #expect(tokenizer.encode("ab", addingBegin: false, parsingSpecial: false) == [0x61, 0x62])
  }

  @Test(
    "Long runs of equal characters take n log n, not n squared, in every kind",
    arguments: [
      "llama", "gpt-2", "llama-bpe", "qwen2", "deepseek-llm", "deepseek-coder", "falcon", "starcoder",
      "default",
    ])
  func longRuns(kind: String) throws {
    let isLlama = kind == "llama"
    let tokenizer = try Tokenizer(
      isLlama
        ? TestVocabulary.sentencePiece(["aa", "a", "▁▁", "▁", "aaaa"])
        : TestVocabulary.byteLevel(["a a", "aa aa", "Ġ Ġ"], preTokenizer: kind))
    for character in ["a", " ", "!", "\n", "1", "é"] {
      let text = String(repeating: character, count: 30_000)
      let tail = text + "x"
      #expect(tokenizer.decode(tokenizer.encode(tail, addingBegin: false, parsingSpecial: true)) == tail)
    }
    let long = String(repeating: "a", count: 300_000)
    #expect(tokenizer.encode(long, addingBegin: false, parsingSpecial: true).count <= 150_001)
  }
}
