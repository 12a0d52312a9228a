import Core
import Testing

@testable import Tokenization

/// Regular expressions as tokenizers write them.
@Suite struct PatternTests {
  private func matches(_ source: String, _ text: String) throws -> [String] {
    let (pattern, bytes) = (try Pattern(source), Array(text.utf8))
    var result: [String] = []
    bytes.withUnsafeBufferPointer { bytes in
      PreTokenizer(stages: [PreTokenizer.Stage(pattern: pattern, behavior: .matchesOnly)]).forEachPiece(of: bytes) {
        result.append(String(decoding: $0, as: UTF8.self))
      }
    }
    return result
  }

  @Test(
    "The first alternative that leads to a match wins, and repetitions take what they can give back",
    arguments: [
      ("a|ab", "abab", ["a", "a"]), ("ab|a", "abaa", ["ab", "a", "a"]), ("a+b?", "aabab", ["aab", "ab"]),
      ("a*ab", "aaab", ["aaab"]), ("a++ab|b", "aaab", ["b"]), ("[a-c]{2}", "abcab", ["ab", "ca"]),
      ("a{2,3}", "aaaaaaa", ["aaa", "aaa"]), ("a{2,}", "a aa aaa", ["aa", "aaa"]), ("(?:ab)+", "ababx", ["abab"]),
      ("(?:ab)*c", "ababc abc", ["ababc", "abc"]), ("(ab|a)(c|bcd)", "abcd", ["abc"]), ("(?:a|b){3}", "abab", ["aba"]),
      (#"\s+(?!\S)|\s+"#, "a   b ", ["  ", " ", " "]), (#"\w+(?= )"#, "ab cd", ["ab"]), (#"\s+$"#, "a b  ", ["  "]),
      (#"[^\s\p{L}]+"#, "a1! é2", ["1!", "2"]), (#"\p{Lu}\p{Ll}*"#, "AbcÄö", ["Abc", "Äö"]),
      (#"\P{N}+"#, "a1b", ["a", "b"]),
      (#"[\p{L}&&[^\p{Han}]]+"#, "ab京c", ["ab", "c"]), (#"[\]\-x]+"#, "a]-x", ["]-x"]),
      ("(?i:k's)", "K'\u{17F}", ["K'\u{17F}"]),
      ("(?i)ab", "AB aB", ["AB", "aB"]), ("(?:(?i)a)b", "Ab AB", ["Ab"]), (".+", "a\nb", ["a", "b"]),
      (#"\bab\b"#, "ab abc", ["ab"]),
      (#"\d{1,3}(?=(?:\d{3})*\b)"#, "1234567", ["1", "234", "567"]),
    ])
  func order(source: String, text: String, wanted: [String]) throws {
    #expect(try matches(source, text) == wanted, "\(source)")
  }

  @Test(
    "What is not supported is refused by name",
    arguments: [
      ("(?<=a)b", "\"(?<\""), ("a+?", "lazy"), ("^a", "\"^\""), (#"\G"#, #""\G""#), (#"\1"#, #""\1""#),
      ("(a", "without an end"),
      ("[a", "without an end"), ("a)", "closes no group"), ("(a?)*", "may be empty"), ("*a", "without a part"),
      ("a{3,2}", "{n,m}"), ("a{9999}", "{n,m}"), (#"\p{Greek}"#, "Greek"), ("(?>a)", "\"(?>\""),
      ("(ab)++", "possessive group"),
      ("[b-a]", "backwards"), ("a\\", "backslash"),
    ])
  func refused(source: String, words: String) {
    let error = #expect(throws: TokenizerError.self) { try Pattern(source) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "no error")")
  }

  @Test("Nesting, length and size have limits")
  func limits() {
    for source in [
      String(repeating: "(", count: 40) + String(repeating: ")", count: 40), String(repeating: "a", count: 10_000),
      "(?:(?:(?:ab){999}){999}){999}",
    ] {
      #expect(throws: TokenizerError.self) { try Pattern(source) }
    }
  }

  @Test(
    "Patterns that make backtracking engines explode take linear time",
    arguments: [
      "(?:a|aa)+b", "a+a+a+a+b", "(?:a+)+b", "(?:(?:a+b?)+c?)+d", #"\s+$"#, "(?=(a|aa)+b)", "(?=(aaa)+(?!a))",
      "(|a|$)(|a|$)(|a|$)(|a|$)b",
    ])
  func explosive(source: String) throws {
    let text = String(repeating: "a", count: 100_000) + String(repeating: " ", count: 100_000) + "a"
    let start = threadSeconds()
    _ = try matches(source, text)
    // The square of the length takes at least ten.
    #expect(threadSeconds() - start < 5)
  }
}
