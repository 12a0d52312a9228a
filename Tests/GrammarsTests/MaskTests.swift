import Core
import Fixtures
import Testing

@testable import Grammars

@Suite("Masks of tokens")
struct MaskTests {
  /// All bytes, and texts that cross from one part of JSON into others.
  static let spellings =
    (0...255).map { [UInt8($0)] }
    + [
      "", "\"", "\",", "\", \"", "\":", "\": \"", "{\"", "}]", "}}", "\"}", "\"]}", "ab", "a\"", "\"a\"", "12", "1,",
      "1}", " ", "\n  ", "true", "true}", "null,", "[]", "[[", "é", "\\u", "\\\"", "name", "name\":", "aaaaaaaaaaaa",
      "99999",
    ].map { Array($0.utf8) }
  static let trie = TokenTrie(spellings)

  static let constraints: [TextConstraint] = [
    TextConstraint(kind: .jsonObject, source: ""),
    TextConstraint(kind: .regex, source: "(ab|a)*[0-9]{2,5}é?"),
    TextConstraint(kind: .choice, source: #"["name", "names", "12,5", "é"]"#),
    TextConstraint(kind: .gbnf, source: "root ::= \"(\" root? \")\" | [a-z]{1,20} \"\\\"\" root"),
    TextConstraint(
      kind: .jsonSchema,
      source: ##"""
        {"type": "object", "properties": {"name": {"type": "string", "maxLength": 20}, "tags": {
        "type": "array", "items": {"anyOf": [{"type": "string", "pattern": "^a+$"},
        {"type": "integer", "minimum": 12}]}, "maxItems": 30},
        "next": {"$ref": "#"}}, "required": ["name"]}
        """##),
  ]

  /// The tokens that may follow, tried one by one.
  private func tried(
    _ matcher: GrammarMatcher, _ position: GrammarMatcher.Position
  ) throws -> [TokenID] {
    try Self.spellings.indices.map { TokenID($0) }.filter { try matcher.position(after: position, $0) != nil }
  }

  @Test("hold exactly the tokens that can follow, and there is always one or the end", arguments: constraints)
  func masksAreExact(_ constraint: TextConstraint) throws {
    let matcher = try GrammarMatcher(Grammar(constraint), vocabulary: Self.trie)
    var random = SeededGenerator(seed: 7)
    for _ in 0..<20 {
      var position = try matcher.start()
      for _ in 0..<60 {
        let mask = try matcher.mask(position)
        #expect(mask.tokens == (try tried(matcher, position)))
        #expect(!mask.isEmpty || matcher.allowsEnd(position))
        guard let token = mask.tokens.randomElement(using: &random) else { break }
        position = try #require(try matcher.position(after: position, token))
      }
    }
  }

  @Test("leave out what the vocabulary cannot spell to the end")
  func neverADeadEnd() throws {
    let letters = TokenTrie(["a", "b", "xy", "bx"].map { Array($0.utf8) })
    let matcher = try GrammarMatcher(
      Grammar(TextConstraint(kind: .regex, source: "a(xyz|b|bx)")), vocabulary: letters)
    let position = try #require(try matcher.position(after: matcher.start(), 0))
    #expect(try matcher.mask(position) == .few([1]))
    #expect(throws: GrammarError.self) {
      try GrammarMatcher(Grammar(TextConstraint(kind: .regex, source: "xyz")), vocabulary: letters)
    }
  }

  @Test("are the same for counts that are far from their bounds")
  func largeCountsShareMasks() throws {
    let matcher = try GrammarMatcher(
      Grammar(TextConstraint(kind: .regex, source: "[a-z]{10,100000}")), vocabulary: Self.trie)
    var position = try matcher.start()
    for length in 0..<3000 {
      let mask = try matcher.mask(position)
      #expect(mask.contains(TokenID(UInt8(ascii: "q"))))
      #expect(!mask.contains(TokenID(UInt8(ascii: "Q"))))
      #expect(matcher.allowsEnd(position) == (length >= 10))
      position = try #require(try matcher.position(after: position, TokenID(UInt8(ascii: "q"))))
    }
    #expect(matcher.localMaskCount == 2)
  }

  @Test("a follower is where it would be without what was taken back, also after the matcher has started over")
  func followersReturn() throws {
    let matcher = try GrammarMatcher(Grammar(Self.constraints[4]), vocabulary: Self.trie)
    let text = Array(#"{"name": "a", "tags": ["aa", 12]"#.utf8).map { TokenID($0) }
    var straight = TextFollower()
    straight.follow(text)
    var bent = TextFollower()
    bent.follow(Array(text.prefix(10)) + [0, 0, 0])
    #expect(try bent.position(after: 10, matcher) != nil)
    #expect(try bent.position(after: 11, matcher) == nil)
    bent.follow(text)
    let end = try #require(try straight.position(after: text.count, matcher))
    #expect(try bent.position(after: text.count, matcher) == end)
    let before = try matcher.mask(end)
    matcher.startOver()
    for var follower in [straight, bent] {
      #expect(try matcher.mask(#require(try follower.position(after: text.count, matcher))) == before)
    }
  }

  @Test("a text that many readings explain is followed or refused, in bounded work")
  func ambiguityIsBounded() throws {
    let sources = [
      "root ::= (\"a\" | \"aa\" | \"aaa\"){0,5000} \"b\"", "root ::= a a a a\na ::= \"a\" a? a?",
      "root ::= ((((\"a\"?){0,9}){0,9}){0,9}){0,9} \"b\"",
    ]
    for source in sources {
      let matcher = try GrammarMatcher(Grammar(TextConstraint(kind: .gbnf, source: source)), vocabulary: Self.trie)
      do {
        var position = try matcher.start()
        for _ in 0..<40 {
          #expect(try matcher.mask(position).contains(TokenID(UInt8(ascii: "a"))))
          position = try #require(try matcher.position(after: position, TokenID(UInt8(ascii: "a"))))
        }
      } catch let error as GrammarError {
        #expect("\(error)".contains("ambiguous"))
      }
    }
  }
}
