import Fixtures
import Foundation
import TestTraits
import Testing

@testable import Tokenization

/// Every family of pre-tokenizers against PyPI's tokenizers, and in linear time.
@Suite(.ownThread) struct PreTokenizerTests {
  struct Goldens: Decodable {
    struct Family: Decodable {
      let patterns: [String]
      /// Of the pieces of every text, in characters.
      let lengths: [[Int]]
    }
    let texts: [String]
    let families: [String: Family]
  }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Goldens")

  private static func lengths(_ text: String, _ preTokenizer: PreTokenizer) -> [Int] {
    var result: [Int] = []
    Array(text.utf8).withUnsafeBufferPointer { bytes in
      preTokenizer.forEachPiece(of: bytes) { result.append(String(decoding: $0, as: UTF8.self).unicodeScalars.count) }
    }
    return result
  }

  private func check(_ goldens: Goldens) throws {
    #expect(Set(goldens.families.keys) == Set(PreTokenizerFamily.allCases.map { "\($0)" }))
    for family in PreTokenizerFamily.allCases {
      let golden = try #require(goldens.families["\(family)"])
      #expect(family.patterns == golden.patterns, "\(family)")
      let preTokenizer = try family.preTokenizer()
      for (text, wanted) in zip(goldens.texts, golden.lengths) {
        #expect(
          Self.lengths(text, preTokenizer) == wanted,
          "\(family): \(text.unicodeScalars.map { $0.escaped(asASCII: true) })")
      }
    }
  }

  @Test("Every family cuts as the package does, as its answers are kept here")
  func committed() throws {
    let data = try Data(contentsOf: Self.folder.appendingPathComponent("pretokenizers.json"))
    try check(JSONDecoder().decode(Goldens.self, from: data))
  }

  @Test("Every family cuts random texts as an installed package does", .needsPython("tokenizers"))
  func installed() throws {
    let count = ProcessInfo.processInfo.environment["LONGHAUL_TOKENIZER_TEXTS"] ?? "200"
    let script = Self.folder.appendingPathComponent("pretokenizers.py").path
    try check(JSONDecoder().decode(Goldens.self, from: try Python.output([script, count, "20261129"])))
  }

  @Test("No name belongs to two families, and each gives the family that has it")
  func names() throws {
    var seen: Set<String> = []
    for family in PreTokenizerFamily.allCases {
      for name in family.names {
        #expect(seen.insert(name).inserted, "\(name)")
        #expect(try PreTokenizerFamily(named: name) == family)
      }
    }
    for name in ["whitespace", "tekken2", "LLAMA-BPE", "🦙"] {
      let error = #expect(throws: TokenizerError.self) { try PreTokenizerFamily(named: name) }
      #expect(error?.description.contains("\"\(name)\"") == true)
    }
  }

  @Test(
    "A text of one character, or of two in turn, takes linear time in every family",
    arguments: [
      "a", "A", " ", "!", "\n", "1", "é", "漢", "\u{301}", "\0", "'", "\u{3000}", "a ", "A1", "\n ", "aA", "\t\n ",
    ])
  func longRuns(unit: String) throws {
    let bytes = Array(String(repeating: unit, count: 100_000 / unit.utf8.count).utf8) + [UInt8(ascii: "x")]
    for family in PreTokenizerFamily.allCases {
      var count = 0
      let start = threadSeconds()
      try bytes.withUnsafeBufferPointer { bytes in
        try family.preTokenizer().forEachPiece(of: bytes) { count += $0.count }
      }
      // The square of the length takes at least ten.
      #expect(threadSeconds() - start < 5, "\(family)")
      #expect(count == bytes.count, "\(family)")
    }
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips a test unless there is a Python with a package.
  static func needsPython(_ package: String) -> Self {
    .enabled("python3, or the Python that LONGHAUL_PYTHON names, lacks the package \(package)") {
      (try? Python.output(["-c", "import \(package)"])) != nil
    }
  }
}

/// What a Python program prints.
enum Python {
  struct Failure: Error {}

  static func output(_ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [ProcessInfo.processInfo.environment["LONGHAUL_PYTHON"] ?? "python3"] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure() }
    return data
  }
}
