import Core
import Testing

@testable import Grammars

@Suite("Structural tags")
struct StructuralTagTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let source: String
    let valid: [String]
    let invalid: [String]

    init(_ description: String, _ source: String, valid: [String], invalid: [String]) {
      (testDescription, self.source, self.valid, self.invalid) = (description, source, valid, invalid)
    }
  }

  private static let call =
    #"{"type":"tag","begin":"<t>","end":"</t>","content":{"type":"json_schema","json_schema":"#
    + ##"{"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"required":["a"],"##
    + ##""$defs":{"n":{"type":"integer"}}}}}"##

  static let cases = [
    Case("a text", #"{"type":"const_string","value":"yes"}"#, valid: ["yes"], invalid: ["", "yesyes"]),
    Case(
      "any text but phrases", #"{"type":"any_text","excludes":["abac","bad","é"]}"#,
      valid: ["", "ababa", "ba", "aba bac", "abab", "e"],
      invalid: ["abac", "xxabacxx", "ababac", "bad", "abad", "aé"]),
    Case(
      "a schema between marks", call, valid: [#"<t>{"a":1}</t>"#, #"<t>{"a": -20}</t>"#],
      invalid: [#"{"a":1}"#, #"<t>{"a":1.5}</t>"#, "<t></t>", #"<t>{"a":1}"#]),
    Case(
      "a sequence of alternatives",
      #"{"type":"sequence","elements":[{"type":"or","elements":[{"type":"regex","pattern":"a+"},"#
        + #"{"type":"grammar","grammar":"root ::= \"b\" x\nx ::= \"c\""}]},{"type":"const_string","value":"."}]}"#,
      valid: ["a.", "aaa.", "bc."], invalid: ["b.", "abc.", "."]),
    Case(
      "free text ends where its tag does",
      #"{"type":"tag","begin":"<x>","end":["</x>","!"],"content":{"type":"any_text"}}"#,
      valid: ["<x></x>", "<x>a</b></x>", "<x>a!"], invalid: ["<x>a!b</x>", "<x></x></x>"]),
    Case(
      "tags where a trigger begins", #"{"type":"triggered_tags","triggers":["<t"],"tags":[\#(call)]}"#,
      valid: ["", "no call <", #"see: <t>{"a":1}</t> and <t>{"a":2}</t>."#], invalid: ["<t", "<t>1</t>", "a <tb"]),
    Case(
      "one triggered tag at least, and nothing after it",
      #"{"type":"triggered_tags","triggers":["<t"],"tags":[\#(call)],"at_least_one":true,"stop_after_first":true}"#,
      valid: [#"x<t>{"a":1}</t>"#], invalid: ["", "x", #"<t>{"a":1}</t>."#]),
    Case(
      "tags with separators",
      #"{"format":{"type":"tags_with_separator","separator":", ","tags":[\#(call)],"at_least_one":true}}"#,
      valid: [#"<t>{"a":1}</t>"#, #"<t>{"a":1}</t>, <t>{"a":2}</t>"#], invalid: ["", #"<t>{"a":1}</t><t>{"a":2}</t>"#]),
  ]

  @Test("a tag matches what it says", arguments: cases)
  func matches(_ example: Case) throws {
    let matcher = try Texts.matcher(.structuralTag, example.source)
    #expect(try Texts.wrong(matcher, valid: example.valid, invalid: example.invalid) == [])
  }

  @Test(
    "what cannot be read is refused with its place",
    arguments: [
      ("[", "no JSON"), (#"{"format":{}}"#, "#/format has no text type"), (#"{"type":"x"}"#, "has the type x"),
      (#"{"type":"sequence","elements":[{"type":"regex","pattern":"("}]}"#, "#/elements/0/pattern"),
      (#"{"type":"any_text","excludes":[""]}"#, "an empty text"), (#"{"type":"or","elements":[]}"#, "has no elements"),
      (#"{"type":"tag","begin":"a","content":{"type":"any_text"}}"#, "has no end"),
      (#"{"type":"json_schema","json_schema":{"not":{}}}"#, "#/not cannot be enforced"),
    ])
  func refuses(source: String, reason: String) {
    let error = #expect(throws: GrammarError.self) { try Texts.matcher(.structuralTag, source) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test("a control token is allowed where a tag names it, and nowhere else")
  func controlTokens() throws {
    let trie = TokenTrie((0..<128).map { [UInt8($0)] } + [ControlSpelling.bytes(of: "<call>")])
    let format = #"{"type":"sequence","elements":[{"type":"any_text"},{"type":"token","token":"<call>"}]}"#
    let matcher = try GrammarMatcher(
      Grammar(TextConstraint(kind: .structuralTag, source: format)), vocabulary: trie)
    let start = try matcher.start()
    #expect(try matcher.mask(start).contains(128))
    let end = try #require(try matcher.position(after: start, 128))
    #expect(matcher.allowsEnd(end) && !matcher.allowsEnd(start))
    let text = try GrammarMatcher(Grammar(TextConstraint(kind: .regex, source: ".*")), vocabulary: trie)
    #expect(try !text.mask(text.start()).contains(128))
  }
}
