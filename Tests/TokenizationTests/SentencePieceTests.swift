import Core
import Fixtures
import Foundation
import TestTraits
import Testing
import Tokenization
import Weights

/// `tokenizer.model` of every kind against PyPI's sentencepiece, and broken ones.
@Suite(.ownThread) struct SentencePieceTests {
  private struct Goldens: Decodable {
    struct File: Decodable {
      let name: String
      let file: Data
      let ids: [[TokenID]]
      let begin, end, unknown: TokenID
    }
    let texts: [String]
    let files: [File]

    static func read(_ data: Data) throws -> Goldens { try JSONDecoder().decode(Goldens.self, from: data) }
    static var committed: Goldens {
      get throws {
        try read(Data(contentsOf: PreTokenizerTests.folder.appendingPathComponent("sentencepiece_files.json")))
      }
    }
  }

  private func description(_ bytes: [UInt8], settings: String? = nil) throws -> TokenizerDescription {
    try TokenizerDescription(
      TokenizerFiles(tokenizer: bytes, isSentencePiece: true, settings: settings.map { Array($0.utf8) }))
  }

  private func check(_ goldens: Goldens) throws {
    #expect(goldens.files.count == 6)
    for golden in goldens.files {
      let description = try description(Array(golden.file))
      #expect(
        description.beginToken == golden.begin && description.endToken == golden.end
          && description.unknownToken == golden.unknown)
      let tokenizer = try Tokenizer(description)
      for (text, wanted) in zip(goldens.texts, golden.ids) {
        let ids = tokenizer.encode(text, addingBegin: false, parsingSpecial: false)
        #expect(ids == wanted, "\(golden.name): \(text.unicodeScalars.map { $0.escaped(asASCII: true) })")
      }
    }
  }

  @Test("Every kind gives the package's ids, as they are kept here")
  func committed() throws { try check(.committed) }

  @Test("Every kind gives the ids of an installed package for random texts", .needsPython("sentencepiece"))
  func installed() throws {
    let count = ProcessInfo.processInfo.environment["LONGHAUL_TOKENIZER_TEXTS"] ?? "200"
    let script = PreTokenizerTests.folder.appendingPathComponent("sentencepiece_files.py").path
    try check(.read(try Python.output([script, count, "20261130"])))
  }

  @Test("Settings name begin and end, and add tokens behind the model's")
  func settings() throws {
    let model = Array(try #require(try Goldens.committed.files.first).file)
    let count = try description(model).tokens.count
    let read = try description(
      model,
      settings: """
        {"bos_token":{"content":"<s>"},"eos_token":"<|im_end|>","add_bos_token":false,"chat_template":"x",
        "added_tokens_decoder":{"0":{"content":"<unk>","special":true},
        "\(count)":{"content":"<|im_end|>","special":true},"\(count + 2)":{"content":"[tag]","lstrip":true}}}
        """)
    #expect(read.tokens.count == count + 3 && read.scores.count == count + 3)
    #expect(read.kinds.suffix(3) == [.control, .unused, .userDefined] && read.kinds[0] == .unknown)
    #expect(read.endToken == TokenID(count) && read.beginToken == 1 && read.addsBeginToken == false)
    #expect(read.chatTemplate == "x" && read.margins == [TokenID(count + 2): [.left]])
    let ids = try Tokenizer(read).encode("a<|im_end|>", addingBegin: false, parsingSpecial: true)
    #expect(ids.last == TokenID(count))
  }

  /// A field of a message: its number and bytes.
  private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2, UInt8(bytes.count)] + bytes
  }
  private static let unknown = field(1, field(1, Array("<unk>".utf8)) + [0x18, 2])

  private static let broken: [([UInt8], String)] = [
    ([], "has no pieces"), ([0x0A, 5, 1], "no protobuf message at byte"), ([0x0A], "no protobuf message"),
    ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "no protobuf message"),
    ([0x0B], "no protobuf message"), ([0x02, 0], "no protobuf message"), ([0x0D, 1], "no protobuf message"),
    ([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], "no protobuf message"),
    (field(1, field(1, [0xFF])), "not of UTF-8"), (field(1, [0x15, 0, 0, 0xC0, 0x7F]), "without a finite score"),
    (field(1, [0x18, 9]), "of kind 9"), (field(1, field(1, [0x61])), "has 0 pieces for what is unknown"),
    (unknown + unknown, "has 2 pieces for what is unknown"),
    (unknown + field(2, [0x18, 3]), "words or characters (its model_type is 3)"),
    (unknown + field(2, [0xC0, 1, 1]), "treat_whitespace_as_suffix"),
    (unknown + field(3, field(1, Array("nmt_nfkc".utf8)) + field(2, [1, 2])), "(its normalizer is nmt_nfkc"),
    (unknown + field(3, [0x28, 0]), "escape_whitespaces is false"),
  ]

  @Test("Damage and what is not supported are refused by name", arguments: broken)
  func refused(file: [UInt8], words: String) {
    let error = #expect(throws: CheckpointError.self) { try description(file) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "no error")")
  }

  @Test("A model cut anywhere, or with any bit flipped, is read or refused")
  func hostile() throws {
    let model = Array(try #require(try Goldens.committed.files.last).file)
    for cut in stride(from: 0, to: model.count, by: 37) { _ = try? description(Array(model[..<cut])) }
    for place in stride(from: 0, to: model.count, by: 11) {
      var flipped = model
      flipped[place] ^= 1 << UInt8(place % 8)
      if let read = try? description(flipped) { _ = try? Tokenizer(read) }
    }
  }
}
