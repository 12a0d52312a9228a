import Core
import Testing
import Tokenization

/// Text as it comes out of a stream: complete characters only, and nothing of a stop string.
@Suite struct StreamingTests {
  private static let text = "Grüße, 東京 🦙👩‍👩‍👧 e\u{301} \u{10FFFF}\u{800}\u{FFFD}!"

  private func byteTokenizer() throws -> Tokenizer { try Tokenizer(TestVocabulary.byteLevel(["a b"])) }

  @Test("Valid text decodes completely byte by byte, without replacement characters")
  func bytewise() throws {
    var stream = StreamingDetokenizer(try byteTokenizer(), continuing: true)
    var pieces: [String] = []
    for byte in Self.text.utf8 { pieces.append(stream.append(TokenID(byte))) }
    pieces.append(stream.finish())
    #expect(pieces.joined() == Self.text)
    #expect(pieces.filter { $0.contains("\u{FFFD}") }.count == 1)
    #expect(pieces.last == "")
  }

  @Test("Any bytes give the same text as decoding at once, and only the last piece is held back")
  func anyBytes() throws {
    let tokenizer = try byteTokenizer()
    var generator = SystemRandomNumberGenerator()
    let interesting: [UInt8] = [
      0x41, 0x7F, 0x80, 0xBF, 0xC0, 0xC2, 0xE0, 0xA0, 0xED, 0x9F, 0xF0, 0x90, 0xF4, 0x8F, 0xF5, 0xFF,
    ]
    for _ in 0..<3000 {
      let bytes = (0..<8).map { _ in interesting.randomElement(using: &generator) ?? 0 }
      var stream = StreamingDetokenizer(tokenizer, continuing: true)
      var text = ""
      for byte in bytes { text += stream.append(TokenID(byte)) }
      text += stream.finish()
      #expect(text == String(decoding: bytes, as: UTF8.self), "\(bytes)")
    }
  }

  @Test("An incomplete character is held back, and replaced only when it cannot be completed")
  func waiting() throws {
    var stream = StreamingDetokenizer(try byteTokenizer(), continuing: true)
    #expect(stream.append(0xE2) == "" && stream.append(0x82) == "" && stream.append(0xAC) == "€")
    #expect(stream.append(0xE2) == "" && stream.append(0x41) == "\u{FFFD}A")
    #expect(stream.append(0xED) == "" && stream.append(0xA0) == "\u{FFFD}\u{FFFD}")
    #expect(stream.append(0xF0) == "" && stream.finish() == "\u{FFFD}" && stream.finish() == "")
  }

  @Test("The space before a text is dropped at its start and kept in a continuation")
  func leadingBlank() throws {
    let tokenizer = try Tokenizer(TestVocabulary.sentencePiece(["▁", "a", "▁a"]))
    let ids = tokenizer.encode("a a", addingBegin: true, parsingSpecial: false)
    for (continuing, expected) in [(false, "a a"), (true, " a a")] {
      var stream = StreamingDetokenizer(tokenizer, continuing: continuing)
      #expect(ids.map { stream.append($0) }.joined() == expected)
      #expect(tokenizer.decode(ids, continuing: continuing) == expected)
    }
  }

  // MARK: Stop strings

  /// What a plain search says: the first stop string that is complete, the longest of those.
  private func expected(_ text: String, _ stops: [String]) -> (String, String?) {
    let bytes = Array(text.utf8)
    for end in 1...max(1, bytes.count) where end <= bytes.count {
      let ending = stops.filter { !$0.isEmpty && bytes[..<end].reversed().starts(with: $0.utf8.reversed()) }
      if let stop = ending.max(by: { $0.utf8.count < $1.utf8.count }) {
        return (String(decoding: bytes[..<(end - stop.utf8.count)], as: UTF8.self), stop)
      }
    }
    return (text, nil)
  }

  @Test("Any split of a text gives what a plain search gives")
  func stops() {
    var generator = SystemRandomNumberGenerator()
    let alphabet = ["a", "b", "é", "🦙"]
    for _ in 0..<3000 {
      let stops = (0..<3).map { _ in
        (0..<Int.random(in: 0...4, using: &generator)).map { _ in
          alphabet.randomElement(using: &generator) ?? ""
        }.joined()
      }
      let parts = (0..<6).map { _ in
        (0..<Int.random(in: 0...3, using: &generator)).map { _ in
          alphabet.randomElement(using: &generator) ?? ""
        }.joined()
      }
      var matcher = StopMatcher(stops)
      var (text, matched): (String, String?) = ("", nil)
      for part in parts {
        let output = matcher.append(part)
        text += output.text
        matched = matched ?? output.matched
      }
      text += matcher.finish()
      let wanted = expected(parts.joined(), stops)
      #expect(text == wanted.0 && matched == wanted.1, "\(stops) \(parts)")
    }
  }

  @Test("Only a possible start of a stop string is held back")
  func heldBack() {
    var matcher = StopMatcher(["###", "\nUser:"])
    #expect(matcher.append("a#").text == "a")
    #expect(matcher.append("b\nUs").text == "#b")
    #expect(matcher.append("e\nUser") == StopMatcher.Output(text: "\nUse", matched: nil))
    #expect(matcher.append(": x") == StopMatcher.Output(text: "", matched: "\nUser:"))
    #expect(matcher.append("more") == StopMatcher.Output(text: "", matched: nil) && matcher.finish() == "")
    var none = StopMatcher([])
    #expect(none.append("a\u{301}b").text == "a\u{301}b")
  }

  @Test("Many stop strings cost no more than few")
  func many() {
    var matcher = StopMatcher((0..<20_000).map { "stop \($0)!" })
    let text = String(repeating: "stop 12345 stop ", count: 2000)
    #expect(matcher.append(text).text.count > text.count - 20)
    #expect(matcher.append("777!").matched == "stop 777!")
  }
}
