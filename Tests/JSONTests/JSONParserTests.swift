import JSON
import Testing

@Suite("JSON")
struct JSONParserTests {
  @Test(
    "Every kind of value is read, and written again as it was",
    arguments: [
      "null", "true", "[]", "{}", "\"\"", "-0", "1.50", "1E-7", "123456789012345678901234567890", "[1,[2,{\"a\":[]}]]",
      #"{"z":1,"a":2,"m":{"y":null,"b":"é😀"}}"#, #""a\"b\\c\n\r\t\u0001""#,
    ])
  func roundTrip(text: String) throws {
    #expect(try JSONParser.parse(text).text == text)
  }

  @Test("Blanks and a byte order mark are skipped, escapes become their characters")
  func forms() throws {
    #expect(try JSONParser.parse("\u{FEFF} {\r\n\t\"a\" : [ 1 , 2 ] } ").text == #"{"a":[1,2]}"#)
    #expect(try JSONParser.parse(#""\u00e9\uD83D\uDE00\/\b\f\u0000""#).string == "é😀/\u{8}\u{C}\0")
  }

  @Test("Of doubled keys the last value counts, in the place of the first")
  func doubledKeys() throws {
    #expect(try JSONParser.parse(#"{"a":1,"b":2,"a":3}"#).text == #"{"a":3,"b":2}"#)
  }

  @Test(
    "A number is an integer only where it is exactly one",
    arguments: [
      ("6.0", 6), ("6e3", 6000), ("6000.5", nil), ("-9223372036854775808", Int.min), ("9223372036854775808", nil),
      ("-9223372036854776000", nil), ("1e400", nil), ("1e18", 1_000_000_000_000_000_000), ("-0", 0),
    ] as [(String, Int?)])
  func integers(text: String, integer: Int?) throws {
    #expect(try JSONParser.parse(text).integer == integer)
  }

  @Test("A number beyond 64 bits keeps what it is")
  func bigNumbers() throws {
    #expect(try JSONParser.parse("18446744073709551615").number?.unsigned == .max)
    #expect(try JSONParser.parse("1e400").number?.double == .infinity)
  }

  static let broken: [(text: String, reason: String, line: Int, column: Int)] = [
    ("", "no value", 1, 1), ("  ", "no value", 1, 3), ("[1,]", "no value that begins", 1, 4),
    ("{\"a\":1,}", "key in quotes", 1, 8), ("{'a':1}", "key in quotes", 1, 2), ("{\"a\" 1}", "colon", 1, 6),
    ("[1 2]", "comma or ]", 1, 4), ("{\"a\":1 \"b\"", "comma or }", 1, 8), ("[1]\n]", "more text", 2, 1),
    ("tru", "no such word", 1, 1), ("nul", "no such word", 1, 1), ("NaN", "begins with", 1, 1),
    ("+1", "begins with", 1, 1), ("01", "malformed", 1, 3), ("-", "malformed", 1, 2), ("1.", "point", 1, 3),
    ("1e", "exponent", 1, 3), ("1e+", "exponent", 1, 4), ("\"a", "does not end", 1, 1),
    ("\"a\\", "ends in an escape", 1, 3),
    ("\"\\x\"", "unknown escape", 1, 2), ("\"\\u12\"", "hexadecimal", 1, 2), ("\"\\u12g4\"", "hexadecimal", 1, 2),
    ("\"a\nb\"", "control character", 1, 3), ("{\n \"a\": \"\\ud800\"}", "surrogate", 2, 8),
    ("\"\\udc00\\ud800\"", "surrogate", 1, 2), ("\"\\ud800\\u0041\"", "surrogate", 1, 2), ("[", "ends where", 1, 2),
    ("{\"a\":", "ends where", 1, 6), ("/* */1", "begins with", 1, 1),
  ]

  @Test("What is no JSON is refused with the reason and the place", arguments: broken)
  func brokenText(text: String, reason: String, line: Int, column: Int) {
    let error = #expect(throws: JSONError.self) { try JSONParser.parse(text) }
    #expect(error?.reason.contains(reason) == true, "\(error?.description ?? "")")
    #expect(error?.line == line && error?.column == column, "\(error?.description ?? "")")
  }

  @Test(
    "Bytes that are not UTF-8 are refused with the place of their string",
    arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]])
  func badText(bytes: [UInt8]) {
    let text = Array("[\"a\", \"".utf8) + bytes + Array("\\n\"]".utf8)
    let error = #expect(throws: JSONError.self) { try JSONParser.parse(text) }
    #expect(error?.reason.contains("UTF-8") == true && error?.column == 7)
  }

  @Test("Nesting is limited, however it is written")
  func depth() throws {
    let limit = JSONParser.maximumDepth
    let fits = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
    #expect(try JSONParser.parse(fits).array != nil)
    for text in [
      "[" + fits + "]", String(repeating: "{\"a\":", count: 100_000), String(repeating: "[", count: 1 << 20),
    ] {
      let error = #expect(throws: JSONError.self) { try JSONParser.parse(text) }
      #expect(error?.reason.contains("nested") == true)
    }
  }

  @Test("A text cut off anywhere is refused, and no byte in it can trap")
  func truncations() {
    let text = Array(#"{"a":[1.5e3,true,null,"x\u00e9\ud83d\ude00"],"b":{"c":-1}}"#.utf8)
    for count in 0..<text.count { #expect(throws: JSONError.self) { try JSONParser.parse(text[..<count]) } }
    for index in text.indices {
      for byte: UInt8 in [0, 0x22, 0x5C, 0x7B, 0x80, 0xFF] {
        var changed = text
        changed[index] = byte
        _ = try? JSONParser.parse(changed)
      }
    }
  }

  @Test("Keys that look alike but are spelled with other scalars are different keys")
  func keysByBytes() throws {
    let object = try #require(try JSONParser.parse(#"{"\u00e9": 1, "e\u0301": 2, "\u00e9": 3}"#).object)
    #expect(object.members.map(\.value) == [.integer(3), .integer(2)])
    #expect(object["\u{e9}"] == .integer(3) && object["e\u{301}"] == .integer(2))
  }
}
