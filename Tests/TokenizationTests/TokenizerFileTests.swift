import Core
import Fixtures
import Foundation
import TestTraits
import Testing
import Tokenization
import Weights

/// `tokenizer.json` of every kind against PyPI's tokenizers.
@Suite(.ownThread) struct TokenizerFileTests {
  struct Goldens: Decodable {
    struct File: Decodable {
      let name: String
      let file: String
      let ids: [[TokenID]]
    }
    let texts: [String]
    let files: [File]
  }

  private func check(_ goldens: Goldens) throws {
    #expect(goldens.files.count == 12)
    for golden in goldens.files {
      let tokenizer = try Tokenizer(TokenizerDescription(TokenizerFiles(tokenizer: Array(golden.file.utf8))))
      for (text, wanted) in zip(goldens.texts, golden.ids) {
        let ids = tokenizer.encode(text, addingBegin: false, parsingSpecial: true)
        #expect(ids == wanted, "\(golden.name): \(text.unicodeScalars.map { $0.escaped(asASCII: true) })")
      }
    }
  }

  @Test("Every kind gives the package's ids, as they are kept here")
  func committed() throws {
    let data = try Data(contentsOf: PreTokenizerTests.folder.appendingPathComponent("tokenizer_files.json"))
    try check(JSONDecoder().decode(Goldens.self, from: data))
  }

  @Test("Every kind gives the ids of an installed package for random texts", .needsPython("tokenizers"))
  func installed() throws {
    let count = ProcessInfo.processInfo.environment["LONGHAUL_TOKENIZER_TEXTS"] ?? "200"
    let script = PreTokenizerTests.folder.appendingPathComponent("tokenizer_files.py").path
    try check(JSONDecoder().decode(Goldens.self, from: try Python.output([script, count, "20261129"])))
  }

  @Test(
    "A published tokenizer.json gives the ids of the same model's GGUF file",
    .needsShared("models/stories260K/hf", "text"))
  func published() throws {
    let folder = "models/stories260K/hf/"
    let file = try Tokenizer(
      TokenizerDescription(TokenizerFiles(tokenizer: Array(try SharedFiles.data(folder + "tokenizer.json")))))
    let other = try SharedFiles.tokenizer("models/stories260K/stories260K-F32.gguf")
    let text = String(decoding: try SharedFiles.data("text/dracula.txt").prefix(100_000), as: UTF8.self)
    let ids = file.encode(text, addingBegin: false, parsingSpecial: false)
    #expect(ids == other.encode(text, addingBegin: false, parsingSpecial: false))
    #expect(file.decode(ids) == text)
  }

  @Test("A user's text gives no control token, whatever it spells, in any kind")
  func noInjection() throws {
    let data = try Data(contentsOf: PreTokenizerTests.folder.appendingPathComponent("tokenizer_files.json"))
    for golden in try JSONDecoder().decode(Goldens.self, from: data).files {
      let description = try TokenizerDescription(TokenizerFiles(tokenizer: Array(golden.file.utf8)))
      let tokenizer = try Tokenizer(description)
      let text = description.tokens.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
      let ids = tokenizer.encode(text, addingBegin: false, parsingSpecial: false)
      #expect(!ids.contains { tokenizer.isControl($0) }, "\(golden.name)")
    }
  }
}
