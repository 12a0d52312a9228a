import Core
import Fixtures
import Testing

@testable import Weights

/// What converters get wrong where it does not matter: it is read, or left out with a warning.
@Suite struct TolerantReadingTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func tokenizer(_ change: (inout GGUFWriter) -> Void) throws -> TokenizerDescription {
    var writer = GGUFWriter.tinyModel()
    change(&writer)
    return try folder.checkpoint(writer).tokenizer
  }

  @Test(
    "Scores beside merges may be empty, integers or damaged: nothing reads them",
    arguments: [
      GGUFWriter.Value.f32s([]), .i32s([0, 0]), .strings(["x"]), .f32s([0, 0, .nan, 0, 0]), .u32(7), .string("none"),
    ])
  func scores(value: GGUFWriter.Value) throws {
    let read = try tokenizer {
      $0.set("tokenizer.ggml.model", .string("gpt2"))
      $0.set("tokenizer.ggml.scores", value)
    }
    #expect(read.scores == [] && read.warnings.count == 1)
    #expect(read.warnings.first?.contains("tokenizer.ggml.scores") == true)
  }

  @Test("Integers are scores where these are needed")
  func integerScores() throws {
    let read = try tokenizer { $0.set("tokenizer.ggml.scores", .i32s([0, 0, 0, -1, -2])) }
    #expect(read.scores == [0, 0, 0, -1, -2] && read.warnings == [])
  }

  @Test(
    "Ids outside the vocabulary are left out with a warning",
    arguments: [
      GGUFWriter.Value.u32(5), .i32(-7), .u64(.max), .u32s([9]),
    ])
  func ids(value: GGUFWriter.Value) throws {
    let read = try tokenizer {
      for name in ["bos", "eos", "unknown", "eot"] { $0.set("tokenizer.ggml.\(name)_token_id", value) }
    }
    #expect(read.beginToken == nil && read.endToken == nil && read.unknownToken == nil && read.otherEndTokens == [])
    #expect(read.warnings.count == 4 && read.warnings.allSatisfy { $0.contains("outside the vocabulary") })
  }

  @Test("Several end tokens may be an array; the first is the end of a text")
  func ends() throws {
    let read = try tokenizer {
      $0.set("tokenizer.ggml.eos_token_id", .u32s([4, 2, 99]))
      $0.set("tokenizer.ggml.eot_token_id", .u32(3))
      $0.set("tokenizer.ggml.eom_token_id", .i32(4))
    }
    #expect(read.endToken == 4 && read.otherEndTokens == [2, 3] && read.warnings.count == 1)
  }

  @Test(
    "Flags may be the numbers 0 and 1",
    arguments: [(GGUFWriter.Value.u32(1), true), (.i32(0), false), (.u64(1), true), (.u16(0), false)])
  func flags(value: GGUFWriter.Value, wanted: Bool) throws {
    #expect(try tokenizer { $0.set("tokenizer.ggml.add_bos_token", value) }.addsBeginToken == wanted)
  }

  private static let brokenText = GGUFWriter.Value.raw(8, [3, 0, 0, 0, 0, 0, 0, 0, 0x41, 0xC3, 0x28])
  static let oddNames: [(GGUFWriter.Value, String)] = [
    (brokenText, "A\u{FFFD}("), (.u32(7), "llama"), (.bool(true), "llama"), (.f32s([1]), "llama"),
    (.string(""), "llama"),
  ]

  @Test(
    "A name or a remark may be anything: what is not UTF-8 is repaired, what is no text is no name",
    arguments: oddNames)
  func names(value: GGUFWriter.Value, shown: String) throws {
    var writer = GGUFWriter.tinyModel()
    writer.set("general.name", value)
    writer.set("general.author", Self.brokenText)
    let checkpoint = try folder.checkpoint(writer)
    #expect(try checkpoint.configuration.name == shown)
    #expect(throws: Never.self) { try checkpoint.tokenizer }
  }

  static let oddTemplates: [(GGUFWriter.Value, String?)] = [
    (brokenText, "A\u{FFFD}("), (.u32(7), nil), (.strings(["a", "b"]), nil), (.bool(false), nil),
  ]

  @Test("A chat template that is no text is left out with a warning", arguments: oddTemplates)
  func templates(value: GGUFWriter.Value, wanted: String?) throws {
    let read = try tokenizer { $0.set("tokenizer.chat_template", value) }
    #expect(read.chatTemplate == wanted && read.warnings.count == 1)
    #expect(read.warnings.first?.hasPrefix("tokenizer.chat_template is not") == true)
  }

  @Test("Trailing dimensions of 1 do not count, and arrays of arrays that no reader wants are passed over")
  func shapes() throws {
    var writer = GGUFWriter.tinyModel(tied: false)
    writer.tensors[0].dimensions = [8, 5, 1, 1]
    writer.tensors[1].dimensions = [8, 1]
    let pair: [UInt8] = [5, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0]
    writer.set("extra", .raw(9, [9, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0] + pair + pair))
    let checkpoint = try folder.checkpoint(writer)
    #expect(try checkpoint.configuration.vocabularySize == 5)
    let layers = try #require(LayerRange(lower: 0, upper: 2))
    #expect(throws: Never.self) { try StageWeights(checkpoint, layers: layers, hasEmbedding: true, hasHead: true) }
    #expect(checkpoint.metadata["extra"]?.summary(arrayLimit: 3) == "[2 arrays]")
  }
}
