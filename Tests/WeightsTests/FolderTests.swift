import Core
import Fixtures
import Foundation
import Tensors
import Testing

@testable import Weights

/// Hugging Face folders as checkpoints: which files and tensors they need, and what is refused by name.
@Suite struct FolderTests {
  private let folder: ScratchFolder
  private static let config = """
    {"model_type":"llama","vocab_size":6,"hidden_size":8,"intermediate_size":12,"num_hidden_layers":2,
    "num_attention_heads":2,"num_key_value_heads":1,"max_position_embeddings":64,"rms_norm_eps":1e-5}
    """
  /// Of one layer, behind its prefix.
  private static let layer: [(String, [Int])] = [
    ("input_layernorm.weight", [8]), ("post_attention_layernorm.weight", [8]), ("self_attn.q_proj.weight", [8, 8]),
    ("self_attn.k_proj.weight", [4, 8]), ("self_attn.v_proj.weight", [4, 8]), ("self_attn.o_proj.weight", [8, 8]),
    ("mlp.gate_proj.weight", [12, 8]), ("mlp.up_proj.weight", [12, 8]), ("mlp.down_proj.weight", [8, 12]),
  ]
  private static let tensors: [(String, [Int])] =
    [("model.embed_tokens.weight", [6, 8]), ("model.norm.weight", [8]), ("lm_head.weight", [6, 8])]
    + (0..<2).flatMap { index in layer.map { ("model.layers.\(index).\($0.0)", $0.1) } }

  init() throws { folder = try ScratchFolder() }

  /// Number i of a tensor is i.
  private static func file(_ tensors: [(String, [Int])], type: String = "F32") -> [UInt8] {
    Safetensors(
      tensors.map { name, shape in
        let numbers = (0..<shape.reduce(1, *)).map(Float.init)
        let bytes = numbers.flatMap { number in
          withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0.suffix(type == "F32" ? 4 : 2)) }
        }
        return (name, type, shape, bytes)
      }
    ).bytes
  }

  @discardableResult
  private func write(config: String = config, weights: [UInt8]? = nil) throws -> String {
    _ = try folder.write(config, to: "config.json")
    _ = try folder.write(weights ?? Self.file(Self.tensors), to: "model.safetensors")
    return folder.url.path
  }

  private func refusal(_ path: String) -> String {
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(path: path).configuration }
    return error.map { "\($0)" } ?? ""
  }

  @Test("A folder is a checkpoint with GGUF's names and shapes")
  func names() throws {
    let checkpoint = try Checkpoint(path: write())
    let configuration = try checkpoint.configuration
    #expect(configuration.architecture == "llama" && configuration.layerCount == 2)
    #expect(configuration.name == folder.url.lastPathComponent)
    #expect(checkpoint.fileNames == ["config.json", "model.safetensors"])
    let gate = try #require(checkpoint.tensors.first { $0.name == "blk.1.ffn_gate.weight" })
    #expect(gate.dimensions == [8, 12] && gate.type.element == .f32)
  }

  @Test("Rows of queries and keys are reordered, so that neighbors turn; values lie as they are")
  func heads() throws {
    let checkpoint = try Checkpoint(path: write())
    let range = try #require(LayerRange(lower: 0, upper: 1))
    let stage = try StageTensors(checkpoint, layers: range, hasEmbedding: false, hasHead: false)
    func firsts(_ matrix: WeightMatrix) -> [Float] {
      (0..<matrix.rowCount).map { row in
        var numbers = [Float](repeating: 0, count: matrix.columnCount)
        numbers.withUnsafeMutableBytes { bytes in
          if let start = bytes.baseAddress { matrix.copy(row..<row + 1, to: start) }
        }
        return numbers[0] / 8
      }
    }
    #expect(firsts(stage.layers[0].attention.query.weight) == [0, 2, 1, 3, 4, 6, 5, 7])
    #expect(firsts(stage.layers[0].attention.key.weight) == [0, 2, 1, 3])
    #expect(firsts(stage.layers[0].value) == [0, 1, 2, 3])
  }

  @Test("A stage is the same from a folder and from what is stored of it alone, and asks for its own layers only")
  func stored() throws {
    let whole = try Checkpoint(path: write())
    func bytes(_ fileIndex: Int, _ range: Range<Int>) throws -> [UInt8] {
      Array(try Data(contentsOf: URL(fileURLWithPath: whole.contents[fileIndex].path))[range])
    }
    let headers = try whole.contents.enumerated().map { index, file in
      StoredHeader(
        name: file.name, path: try folder.write(bytes(index, 0..<file.headerByteCount), to: "header-\(index)"),
        fileByteCount: file.byteCount)
    }
    let range = try #require(LayerRange(lower: 1, upper: 2))
    let needed = try Checkpoint(headers: headers, tensors: []).extents(
      layers: range, hasEmbedding: false, hasHead: true)
    #expect(
      needed.allSatisfy { $0.name.contains("layers.1.") || ["model.norm.weight", "lm_head.weight"].contains($0.name) })
    let part = try Checkpoint(
      headers: headers,
      tensors: needed.map { extent in
        let range = extent.offset..<extent.offset + extent.byteCount
        return StoredTensor(name: extent.name, path: try folder.write(bytes(extent.fileIndex, range), to: extent.name))
      })
    #expect(part.fingerprint == whole.fingerprint)
    let stages = try [part, whole].map { try StageWeights($0, layers: range, hasEmbedding: false, hasHead: true) }
    #expect(stages[0].byteCount == stages[1].byteCount)
    for (one, other) in zip(stages[0].matrices, stages[1].matrices) {
      let count = 4 * 16 * ((one.rowCount + 15) / 16) * one.columnCount
      #expect(
        UnsafeRawBufferPointer(start: one.bytes, count: count)
          .elementsEqual(UnsafeRawBufferPointer(start: other.bytes, count: count)))
    }
  }

  @Test(
    "What is not computed is refused by name",
    arguments: [
      (#""model_type":"llama""#, #""model_type":"bert""#, "model_type is 'bert'"),
      (#""vocab_size":6"#, #""vocab_size":6,"hidden_act":"relu""#, "hidden_act is \"relu\""),
      (#""vocab_size":6"#, #""vocab_size":6,"rope_scaling":{"type":"dynamic","factor":2}"#, "\"dynamic\""),
      (#""vocab_size":6"#, #""vocab_size":6,"quantization_config":{"quant_method":"gptq"}"#, "\"gptq\""),
      (#""vocab_size":6,"#, "", "vocab_size"),
      (#""num_hidden_layers":2"#, #""num_hidden_layers":1"#, "has no place"),
      (#""hidden_size":8"#, #""hidden_size":"8""#, "hidden_size is not a whole number"),
    ])
  func refused(part: String, instead: String, message: String) throws {
    let path = try write(config: Self.config.replacingOccurrences(of: part, with: instead))
    #expect(refusal(path).contains(message))
  }

  @Test("Pickles are refused with the reason, and a folder without a configuration")
  func pickles() throws {
    #expect(refusal(folder.url.path).contains("without config.json"))
    _ = try folder.write(Self.config, to: "config.json")
    #expect(refusal(folder.url.path).contains("model.safetensors.index.json"))
    _ = try folder.write("", to: "pytorch_model.bin")
    #expect(refusal(folder.url.path).contains("pytorch_model.bin, a pickle"))
  }

  @Test(
    "Files outside the folder are not opened, whatever the index says", arguments: ["../a.safetensors", "a.bin", ""])
  func index(name: String) throws {
    _ = try folder.write(Self.config, to: "config.json")
    _ = try folder.write(#"{"weight_map":{"x":"\#(name)"}}"#, to: "model.safetensors.index.json")
    #expect(refusal(folder.url.path).contains("no safetensors file here"))
  }

  @Test("A tensor that a family does not have is refused by its name, and so is a lacking one")
  func strangers() throws {
    #expect(refusal(try write(weights: Self.file(Self.tensors + [("vision.weight", [2])]))).contains("'vision.weight'"))
    #expect(refusal(try write(weights: Self.file(Self.tensors.dropLast()))).contains("blk.1.ffn_down.weight"))
    let bias = Self.tensors + [("model.layers.0.self_attn.q_proj.bias", [8])]
    #expect(refusal(try write(weights: Self.file(bias))).contains("is a bias"))
  }

  @Test("A vocabulary that is smaller than the model's is filled up")
  func padding() throws {
    let path = try write()
    #expect(throws: CheckpointError.self) { try Checkpoint(path: path).tokenizer }
    let model = #"{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}"#
    _ = try folder.write(#"{"model":\#(model),"added_tokens":[]}"#, to: "tokenizer.json")
    _ = try folder.write("{{ messages }}", to: "chat_template.jinja")
    let tokenizer = try Checkpoint(path: path).tokenizer
    #expect(tokenizer.tokens.count == 6 && tokenizer.kinds.suffix(3) == [.unused, .unused, .unused])
    #expect(tokenizer.chatTemplate == "{{ messages }}")
  }
}
