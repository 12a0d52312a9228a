import Core
import Testing
import Tokenization

/// Vocabularies as they may come out of a damaged or hostile file.
@Suite struct VocabularyTests {
  private static let small = TestVocabulary.sentencePiece(["▁", "a", "b", "ab", "▁ab"])

  private func expectRefused(_ description: TokenizerDescription, naming words: String) {
    let error = #expect(throws: TokenizerError.self) { try Tokenizer(description) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "no error")")
  }

  @Test("Lists that do not match are rejected")
  func lengths() {
    var fewScores = Self.small
    fewScores.scores.removeLast()
    expectRefused(fewScores, naming: "scores")
    var noScores = Self.small
    noScores.scores = []
    expectRefused(noScores, naming: "score for every token")
    var manyKinds = Self.small
    manyKinds.kinds.append(.normal)
    expectRefused(manyKinds, naming: "token types")
    expectRefused(TestVocabulary.empty(model: "llama"), naming: "0 tokens")
  }

  @Test("Ids outside the vocabulary are rejected", arguments: [TokenID.min, -1, 100_000, .max])
  func ids(id: TokenID) {
    var begin = Self.small
    begin.beginToken = id
    expectRefused(begin, naming: "begin token")
    var end = Self.small
    end.endToken = id
    expectRefused(end, naming: "end token")
    var other = Self.small
    other.otherEndTokens = [1, id]
    expectRefused(other, naming: "further end token")
    var unknown = Self.small
    unknown.unknownToken = id
    expectRefused(unknown, naming: "unknown token")
  }

  @Test("Unknown tokenizers and pre-tokenizers are rejected with the supported ones")
  func names() {
    var model = Self.small
    for (kind, words) in [
      ("bert", "WordPiece"), ("rwkv", "RWKV"), ("plamo2", "PLaMo-2"), ("t5", "Unigram"), ("x", "\"x\""),
    ] {
      model.model = kind
      expectRefused(model, naming: words)
    }
    expectRefused(model, naming: "\"llama\", \"gpt2\" or \"gemma4\"")
    expectRefused(TestVocabulary.byteLevel(["a b"], preTokenizer: "tekken2"), naming: "qwen2, qwen35")
  }

  @Test("Merges that are missing or not two pieces are rejected", arguments: ["", " ", "a", "a ", " a", "ab"])
  func merges(line: String) {
    var description = TestVocabulary.byteLevel(["a b"])
    description.merges.append(Array(line.utf8))
    expectRefused(description, naming: "merge 1")
    description.merges = []
    expectRefused(description, naming: "requires merges")
  }

  @Test("A vocabulary that cannot encode every text is rejected")
  func missingBytes() {
    var description = Self.small
    description.kinds[10] = .unused
    #expect(throws: Never.self) { try Tokenizer(description) }
    description.unknownToken = nil
    expectRefused(description, naming: "byte 7")
  }

  @Test("A user-defined token that is not UTF-8 does not match in text, where it would split characters")
  func halfCharacters() throws {
    for var description in [Self.small, TestVocabulary.byteLevel(["a b"])] {
      for spelling in [[0x82], [0xE2, 0x82], [0xAC, 0x61]] as [[UInt8]] {
        description.add("", .userDefined)
        description.tokens[description.tokens.count - 1] = spelling
      }
      if description.model == "gpt2" { description.scores = [] }
      let tokenizer = try Tokenizer(description)
      let text = "€a \u{82} x€"
      #expect(tokenizer.decode(tokenizer.encode(text, addingBegin: false, parsingSpecial: false)) == text)
      #expect(tokenizer.decode(tokenizer.encode(text, addingBegin: false, parsingSpecial: true)) == text)
    }
  }

  @Test("No text gives an unknown token that is a control token")
  func controlAsUnknown() throws {
    var description = Self.small
    description.unknownToken = 1
    description.kinds[10] = .unused
    expectRefused(description, naming: "byte 7")
    description.kinds[10] = .byte
    #expect(throws: Never.self) { try Tokenizer(description) }
    var byteLevel = TestVocabulary.byteLevel(["a b"])
    byteLevel.unknownToken = byteLevel.endToken
    byteLevel.kinds[0x63] = .unused
    let tokenizer = try Tokenizer(byteLevel)
    #expect(tokenizer.encode("acb", addingBegin: false, parsingSpecial: false) == [0x61, 0x62])
  }

  @Test("Spellings beyond the limits are rejected")
  func longSpellings() {
    var description = Self.small
    description.tokens[260] = Array(repeating: 0x61, count: 1025)
    expectRefused(description, naming: "token 260")
    var special = Self.small
    special.tokens[1] = Array(repeating: 0x61, count: 1025)
    expectRefused(special, naming: "special token 1")
  }

  @Test("Odd spellings and scores are harmless: empty, duplicate, not UTF-8, NaN")
  func oddities() throws {
    var description = Self.small
    for spelling in [[], [0x61], [0xFF, 0xFE], [0xE2, 0x96], Array("ab".utf8)] as [[UInt8]] {
      description.tokens.append(spelling)
      description.kinds.append(.normal)
      description.scores.append(.nan)
    }
    description.add("", .control)
    description.add("", .userDefined)
    let tokenizer = try Tokenizer(description)
    let ids = tokenizer.encode("abba é\0", addingBegin: true, parsingSpecial: true)
    #expect(tokenizer.decode(ids) == "abba é\0")
    #expect(
      tokenizer.bytes(of: -1) == [] && tokenizer.bytes(of: .max) == [] && tokenizer.spelling(of: -5) == nil)
    #expect(tokenizer.decode([-1, .min, .max]) == "")
  }

  @Test("Random vocabularies are rejected or work, and round-trip any text when they have bytes")
  func random() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<100 {
      let pieces = (0..<20).map { _ in
        String(
          (0..<Int.random(in: 1...4, using: &generator)).map { _ in
            "ab▁é🦙".randomElement(using: &generator) ?? "a"
          })
      }
      let tokenizer = try Tokenizer(TestVocabulary.sentencePiece(["▁"] + pieces))
      let text = String((0..<60).map { _ in "ab é🦙c".randomElement(using: &generator) ?? "a" })
      let ids = tokenizer.encode(text, addingBegin: false, parsingSpecial: false)
      #expect(tokenizer.decode(ids) == text)
    }
  }

  @Test("Known spellings of control tokens end a completion; user-defined markers count as control tokens")
  func ends() throws {
    var description = Self.small
    description.add("<|eot_id|>", .normal)
    description.add("<|User|>", .userDefined)
    description.add("<|x|>", .normal)
    let tokenizer = try Tokenizer(description)
    let ids = ["</s>", "<|im_end|>", "<|eot_id|>"].compactMap { description.id(of: $0) }
    #expect(ids.count == 3 && tokenizer.endTokens == Set(ids))
    let user = try #require(description.id(of: "<|User|>"))
    #expect(tokenizer.isControl(user))
    #expect(!tokenizer.encode("<|User|>", addingBegin: false, parsingSpecial: false).contains(user))
    #expect(tokenizer.encode("<|User|>", addingBegin: false, parsingSpecial: true) == [user])
  }

  @Test("Where messages follow each other within a turn, the end of a message is no end of the answer")
  func messages() throws {
    for (turnEnd, count) in [("<|return|>", 3), ("<|calls|>", 3), ("<|x|>", 3)] {
      var description = Self.small
      for spelling in ["<|end|>", turnEnd] { description.add(spelling, .control) }
      let tokenizer = try Tokenizer(description)
      let messageEnd = try #require(description.id(of: "<|end|>"))
      #expect(tokenizer.endTokens.count == count)
      #expect(tokenizer.endTokens.contains(messageEnd) == (turnEnd == "<|x|>"))
    }
  }

  @Test("Without token types, bytes and markers are recognized by their spelling")
  func withoutKinds() throws {
    var description = Self.small
    description.kinds = []
    let tokenizer = try Tokenizer(description)
    #expect(tokenizer.bytes(of: 3 + 0x41) == [0x41] && tokenizer.bytes(of: 1) == [] && tokenizer.isControl(2))
    #expect(tokenizer.decode(tokenizer.encode("aéb", addingBegin: true, parsingSpecial: false)) == "aéb")
  }
}
