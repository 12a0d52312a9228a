import Core
import Testing

@testable import Grammars

@Suite("GBNF")
struct GBNFTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let source: String
    let valid: [String]
    let invalid: [String]

    init(_ description: String, _ source: String, valid: [String], invalid: [String]) {
      testDescription = description
      self.source = source
      self.valid = valid
      self.invalid = invalid
    }
  }

  static let cases = [
    Case("alternatives", #"root ::= "yes" | "no""#, valid: ["yes", "no"], invalid: ["", "y", "yesno", "maybe"]),
    Case("classes", "root ::= [a-cx] [^a-c\\]]", valid: ["ax", "xé", "b["], invalid: ["aa", "a]", "dx", "a"]),
    Case("escapes", #"root ::= "\x41\u00e9\U0001F600\n\"\\""#, valid: ["Aé😀\n\"\\"], invalid: ["Aé😀n"]),
    Case("any character", "root ::= .", valid: ["a", "é", "\n", "😀"], invalid: ["", "ab"]),
    Case(
      "repetitions", #"root ::= "a"* "b"+ "c"? "d"{2} "e"{1,} "f"{0,3}"#, valid: ["bdde", "aabbcddeefff"],
      invalid: ["adde", "bde", "bdd", "bddeffff"]),
    Case("groups over lines", "root ::= (\n \"a\" # one\n | \"b\"\n)+", valid: ["ab", "b"], invalid: ["", "c"]),
    Case(
      "rules and recursion", "root ::= item\nitem ::= \"(\" item? \")\" item?", valid: ["()", "(()())()"],
      invalid: ["(", ")(", "(()"]),
    Case(
      "ambiguity", #"root ::= (("a" | "aa" | "a" "a")* "b"?)*"#, valid: ["", "aaaaaaaaaaaaaaaaaaaab"],
      invalid: ["c"]),
    Case(
      "rules that match nothing", "root ::= a b \"x\"\na ::= \"\" | \"q\"\nb ::= a*", valid: ["x", "qqx"],
      invalid: ["q"]),
    Case(
      "counts inside counts", #"root ::= (("a"{2,3}) ","){2,4}"#, valid: ["aa,aaa,", "aa,aa,aa,aa,"],
      invalid: ["aa,", "aa,aaaa,", "aa,aa,aa,aa,aa,"]),
    Case("large counts", #"root ::= "a"{3,100000}"#, valid: [String(repeating: "a", count: 5000)], invalid: ["aa"]),
  ]

  @Test("grammars match what they say", arguments: cases)
  func matches(_ example: Case) throws {
    let matcher = try Texts.matcher(.gbnf, example.source)
    #expect(try Texts.wrong(matcher, valid: example.valid, invalid: example.invalid) == [])
  }

  static let refusals = [
    ("root ::= a", "the rule a, which it does not define"),
    ("root ::= \"a\"\nroot ::= \"b\"", "defined twice"),
    ("a ::= \"b\"", "no rule named root"),
    ("root ::= root \"a\" | \"b\"", "left recursion"),
    ("root ::= a \"x\" | \"y\"\na ::= b? root\nb ::= \"b\"", "left recursion"),
    ("root ::= \"a", "ends inside a text"),
    ("root ::= [a", "ends inside a text or a class"),
    ("root ::= (\"a\"", ") is expected"),
    ("root ::= \"a\" )", "unexpected \")\""),
    ("root ::= \"\\q\"", "\\q is not an escape"),
    ("root ::= [z-a]", "upside down"),
    ("root ::= \"a\"{3,2}", "a repetition is"),
    ("root ::= \"a\"{99999999999}", "a repetition is"),
    ("root ::= <think>", "tokens, as \"<\" begins one, are not supported"),
    ("root ::= a\na ::= \"(\" a \")\"", "no text that the model's vocabulary can spell"),
    ("root ::= " + String(repeating: "(", count: 200), "nested more than 128"),
    ("root ::= \"a\"" + String(repeating: "*", count: 20), "more than 8 repetitions"),
    ("root = \"a\"", "::= is expected"),
  ]

  @Test("what cannot be read is refused with its place", arguments: refusals)
  func refuses(_ source: String, _ reason: String) {
    let error = #expect(throws: GrammarError.self) { try Texts.matcher(.gbnf, source) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test("a text that is deep in recursion costs no more at each byte")
  func deepRecursion() throws {
    let matcher = try Texts.matcher(.gbnf, "root ::= \"(\" root? \")\"")
    let depth = 10_000
    let text = String(repeating: "(", count: depth) + String(repeating: ")", count: depth)
    #expect(try Texts.match(text, matcher))
    #expect(try !Texts.match(text + ")", matcher))
  }
}
