import Core
import Fixtures
import Testing

@testable import Weights

@Suite("Files that say something odd where it does not matter")
struct TolerantReadingTests {
  /// A tiny model with one oddity.
  struct OddFile: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What the tokenizer warns of; nil where nothing is left out.
    var warning: String?
    let edit: @Sendable (inout GGUFWriter) -> Void

    init(_ name: String, warns warning: String? = nil, _ edit: @escaping @Sendable (inout GGUFWriter) -> Void) {
      (testDescription, self.warning, self.edit) = (name, warning, edit)
    }
  }

  private static let files: [OddFile] = [
    OddFile("integer scores") { $0.set("tokenizer.ggml.scores", .i32s([0, 0, 0, -1, -2])) },
    OddFile("integer scores beside BPE") {
      $0.asBytePairs()
      $0.set("tokenizer.ggml.scores", .i32s([0, 0, 0, 0, 0]))
    },
    OddFile("empty scores beside BPE") {
      $0.asBytePairs()
      $0.set("tokenizer.ggml.scores", .f32s([]))
    },
    OddFile("words for scores beside BPE") {
      $0.asBytePairs()
      $0.set("tokenizer.ggml.scores", .strings(["a"]))
    },
    OddFile("no kinds in an array") { $0.set("tokenizer.ggml.token_type", .i32s([])) },
    OddFile("a begin token beyond the vocabulary", warns: "bos_token_id is 5, and there are 5 tokens") {
      $0.set("tokenizer.ggml.bos_token_id", .u32(5))
    },
    OddFile("an unknown token below it", warns: "unknown_token_id is -7") {
      $0.set("tokenizer.ggml.unknown_token_id", .i32(-7))
    },
    OddFile("an end token that no number holds", warns: "eot_token_id is a larger number than there are") {
      $0.set("tokenizer.ggml.eot_token_id", .u64(.max))
    },
    OddFile("flags as integers") {
      $0.set("tokenizer.ggml.add_bos_token", .u32(1))
      $0.set("tokenizer.ggml.add_eos_token", .i32(0))
    },
    OddFile("further dimensions of 1") {
      $0.edit("token_embd.weight") { $0.dimensions += [1, 1] }
      $0.edit("blk.0.attn_norm.weight") { $0.dimensions += [1] }
    },
    OddFile("arrays in arrays under an unused key") {
      $0.set("tool.history", .raw(9, nested(2) + nested(1) + arrayHead(4, 1) + [7, 0, 0, 0] + arrayHead(8, 0)))
    },
  ]

  @Test("are read, with a warning where something is left out", arguments: files)
  func read(file: OddFile) throws {
    var writer = GGUFWriter.tinyModel()
    file.edit(&writer)
    let checkpoint = try ScratchFolder().checkpoint(writer)
    let range = try #require(LayerRange(lower: 0, upper: 2))
    _ = try StageWeights(checkpoint, layers: range, hasEmbedding: true, hasHead: true)
    let tokenizer = try checkpoint.tokenizer
    #expect(tokenizer.warnings.count == (file.warning == nil ? 0 : 1))
    #expect(tokenizer.warnings.allSatisfy { $0.contains(file.warning ?? "") && $0.contains("left out") })
    #expect(tokenizer.tokens.count == 5)
  }

  @Test("mean what they say: integers are scores and flags, the first of several ends is the main one")
  func meanings() throws {
    var writer = GGUFWriter.tinyModel()
    writer.set("tokenizer.ggml.scores", .i32s([0, 0, 0, -1, -2]))
    writer.set("tokenizer.ggml.add_bos_token", .u32(1))
    writer.set("tokenizer.ggml.add_eos_token", .i32(0))
    writer.set("tokenizer.ggml.eos_token_id", .i32s([2, 4, 9]))
    let tokenizer = try ScratchFolder().checkpoint(writer).tokenizer
    #expect(tokenizer.scores == [0, 0, 0, -1, -2])
    #expect(tokenizer.addsBeginToken == true && tokenizer.addsEndToken == false)
    #expect(tokenizer.endToken == 2 && tokenizer.otherEndTokens == [4])
    #expect(tokenizer.warnings.count == 1)
  }
}

extension GGUFWriter {
  fileprivate mutating func asBytePairs() { set("tokenizer.ggml.model", .string("gpt2")) }
}
