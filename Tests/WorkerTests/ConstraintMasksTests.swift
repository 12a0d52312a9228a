import Core
import Grammars
import Testing

@testable import Worker

@Suite("Constraints on an answer's text at the last stage")
struct ConstraintMasksTests {
  /// Every byte is a token; 256 ends a text, 257 has no string.
  private static let end: TokenID = 256
  private static let size = 258

  private static func masks() -> ConstraintMasks {
    ConstraintMasks(vocabularySize: size) {
      StageVocabulary(trie: TokenTrie((0...255).map { [UInt8($0)] } + [[], []]), endTokens: [end])
    }
  }

  private static func tokens(_ text: String) -> [TokenID] { text.utf8.map { TokenID($0) } }

  /// The tokens that may follow an answer; nil when it does not match.
  private func allowed(
    _ masks: ConstraintMasks, _ constraint: TextConstraint, after answer: [TokenID], of sequence: UInt64 = 1
  ) throws -> [TokenID]? {
    let row = (0..<Self.size).map { Float($0) }
    return try row.withUnsafeBufferPointer { row in
      let masked = try masks.masked(row, of: SequenceID(sequence), constraint, answer: answer)
      return masked.map { masked in masked.indices.filter { masked[$0] == row[$0] }.map { TokenID($0) } }
    }
  }

  private let words = TextConstraint(kind: .regex, source: "a(b|cd)?")

  @Test("only tokens that can follow keep their logits, and the end only where the text may end")
  func tokensThatFollow() throws {
    let masks = Self.masks()
    #expect(try allowed(masks, words, after: []) == Self.tokens("a"))
    #expect(try allowed(masks, words, after: Self.tokens("a")) == Self.tokens("bc") + [Self.end])
    #expect(try allowed(masks, words, after: Self.tokens("ac")) == Self.tokens("d"))
    #expect(try allowed(masks, words, after: Self.tokens("ab")) == [Self.end])
    #expect(try allowed(masks, words, after: Self.tokens("ax")) == nil)
  }

  @Test("an end that is ignored continues the text")
  func ignoredEnds() throws {
    #expect(try allowed(Self.masks(), words, after: Self.tokens("a") + [Self.end]) == Self.tokens("bc") + [Self.end])
  }

  @Test("what may follow depends on the answer alone: not on drafts that were dropped, nor on other sequences")
  func answersDecide() throws {
    let masks = Self.masks()
    let other = TextConstraint(kind: .choice, source: #"["xy"]"#)
    #expect(try allowed(masks, words, after: Self.tokens("acd")) == [Self.end])
    #expect(try allowed(masks, other, after: Self.tokens("x"), of: 2) == Self.tokens("y"))
    #expect(try allowed(masks, words, after: Self.tokens("a")) == Self.tokens("bc") + [Self.end])
    masks.keep { $0 == SequenceID(2) }
    #expect(try allowed(masks, words, after: Self.tokens("ac")) == Self.tokens("d"))
  }

  @Test("more constraints than stay compiled are followed all the same")
  func manyConstraints() throws {
    let masks = Self.masks()
    for _ in 0..<2 {
      for index in 0..<40 {
        let constraint = TextConstraint(kind: .regex, source: "a{\(index)}b")
        let answer = Self.tokens(String(repeating: "a", count: index))
        #expect(try allowed(masks, constraint, after: answer, of: UInt64(index)) == Self.tokens("b"))
      }
    }
  }

  @Test("what cannot be followed is refused with the reason")
  func refusals() throws {
    let broken = TextConstraint(kind: .gbnf, source: "root ::=")
    let unread = ConstraintMasks(vocabularySize: Self.size, readVocabulary: nil)
    let endless = ConstraintMasks(vocabularySize: Self.size) {
      StageVocabulary(trie: TokenTrie((0...255).map { [UInt8($0)] } + [[], []]), endTokens: [])
    }
    func reason(_ masks: ConstraintMasks, _ constraint: TextConstraint, _ answer: [TokenID]) -> String {
      #expect(throws: ConstraintMasks.Refusal.self) { try allowed(masks, constraint, after: answer) }?.reason ?? ""
    }
    #expect(reason(Self.masks(), TextConstraint(kind: .gbnf, source: "a ::= b"), []).contains("cannot follow"))
    #expect(reason(unread, broken, []).contains("no vocabulary"))
    #expect(reason(endless, words, Self.tokens("ab")).contains("no end token"))
  }
}
