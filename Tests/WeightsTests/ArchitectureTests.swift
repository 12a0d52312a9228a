import Fixtures
import Core
import Testing

@testable import Weights

extension Architecture {
  /// A family that exists nowhere else: Llama's layers with queries, keys and values in one tensor, gate and up in
  /// another, and biases on all but the way out of attention.
  static let toy = Architecture(
    name: "toy",
    configuration: { fields throws(CheckpointError) in try fields.gatedModel(ropeLayout: .interleaved) },
    modelTensors: TensorRule.ends,
    layerTensors: { layer, model in
      let (hidden, attention) = (model.hiddenSize, layer.attention)
      let (queries, keys, inner) = (attention.querySize, attention.keyValueSize, layer.feedForward.size)
      func fused(_ role: TensorRole, _ bias: TensorRole, _ rows: Range<Int>) -> [TensorRule] {
        let all = queries + 2 * keys
        return [
          TensorRule(role, "attn_qkv.weight", [hidden, all], rows: rows),
          TensorRule(bias, "attn_qkv.bias", [all], rows: rows),
        ]
      }
      return fused(.query, .queryBias, 0..<queries) + fused(.key, .keyBias, queries..<queries + keys)
        + fused(.value, .valueBias, queries + keys..<queries + 2 * keys) + [
          TensorRule(.attentionNorm, "attn_norm.weight", [hidden]),
          TensorRule(.attentionOutput, "attn_output.weight", [queries, hidden]),
          TensorRule(.feedForwardNorm, "ffn_norm.weight", [hidden]),
          TensorRule(.gate, "ffn_up.weight", [hidden, 2 * inner], rows: 0..<inner),
          TensorRule(.up, "ffn_up.weight", [hidden, 2 * inner], rows: inner..<2 * inner),
          TensorRule(.down, "ffn_down.weight", [inner, hidden]),
        ]
    })
}

@Suite("Families of models")
struct ArchitectureTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private func toyModel() -> GGUFWriter {
    var writer = GGUFWriter.tinyModel(layerCount: 0)
    writer.set("general.architecture", .string("toy"))
    writer.metadata = writer.metadata.map { ($0.0.replacing("llama.", with: "toy."), $0.1) }
    writer.set("toy.block_count", .u32(1))
    writer.addMatrix("blk.0.attn_qkv.weight", 8, 16)
    writer.addTensor("blk.0.attn_qkv.bias", [16], (0..<16).map(Float.init))
    writer.addOnes("blk.0.attn_norm.weight", 8)
    writer.addMatrix("blk.0.attn_output.weight", 8, 8)
    writer.addOnes("blk.0.ffn_norm.weight", 8)
    writer.addMatrix("blk.0.ffn_up.weight", 8, 24)
    writer.addMatrix("blk.0.ffn_down.weight", 12, 8)
    return writer
  }

  @Test("a key that changes the arithmetic is refused by name, and stating that nothing changes is not")
  func refusedKeys() throws {
    for neutral in NeutralValue.common where neutral.key.suffix != "expert_count" {
      func load(_ value: Double) throws {
        var writer = GGUFWriter.tinyModel()
        writer.set("llama.\(neutral.key.suffix)", .f32(Float(value)))
        let path = try folder.write(writer.file, to: "model.gguf")
        _ = try Checkpoint(path: path).configuration
      }
      try load(neutral.values[0])
      let error = #expect(throws: CheckpointError.self, "\(neutral.key.suffix)") { try load(0.25) }
      #expect(error?.description.contains(neutral.key.suffix) == true)
    }
  }

  @Test("a family is one value: its fused tensors are read as matrices of their own, biases with them")
  func fusedTensors() throws {
    let path = try folder.write(toyModel().file, to: "toy.gguf")
    let checkpoint = try Checkpoint(path: path, architectures: [.toy])
    let configuration = try checkpoint.configuration
    #expect(configuration.architecture == "toy" && configuration.layerCount == 1)
    let range = try #require(LayerRange(lower: 0, upper: 1))
    var reader = StageReader(file: checkpoint.file, map: try checkpoint.tensorMap)
    let layer = try reader.layer(configuration.layers[0], index: 0)
    let attention = layer.attention
    // Numbers of a matrix count upwards from 1000 times its place in the directory, in rows of 8.
    func first(_ matrix: WeightMatrix) -> Float { matrix.bytes.load(as: Float.self) }
    #expect(first(attention.query.weight) == 2000 && attention.query.weight.rowCount == 8)
    #expect(first(attention.key.weight) == 2064 && attention.key.weight.rowCount == 4)
    #expect(first(layer.value) == 2096 && layer.value.rowCount == 4)
    #expect(attention.query.bias == (0..<8).map(Float.init))
    #expect(attention.value?.bias == (12..<16).map(Float.init))
    #expect(attention.output.bias == nil)
    guard case .gated(let gate, let up, _) = layer.feedForward else {
      Issue.record("the feed-forward block has no gate")
      return
    }
    #expect(first(gate.weight) == 7000 && first(up.weight) == 7096 && up.weight.rowCount == 12)

    let weights = try StageWeights(checkpoint, layers: range, hasEmbedding: false, hasHead: false)
    #expect(try weights.byteCount == checkpoint.footprint.layers[0].weightByteCount, "a fused tensor counts once")
    #expect(weights.byteCount == 4 * (8 * 16 + 16 + 8 + 64 + 8 + 8 * 24 + 12 * 8))
    let needed = try checkpoint.extents(layers: range, hasEmbedding: false, hasHead: false)
    #expect(needed.map(\.name).sorted() == Array(Set(needed.map(\.name))).sorted() && needed.count == 7)
  }

  @Test("a family that is not given is refused by name, with those that are")
  func unknownFamily() throws {
    let path = try folder.write(toyModel().file, to: "toy.gguf")
    #expect {
      try Checkpoint(path: path).configuration
    } throws: {
      "\($0)".contains("is 'toy', which this version does not compute; supported: llama, qwen2, ")
    }
  }

  @Test(
    "a family with recurrent layers is refused for these", arguments: ["qwen35", "lfm2", "granitehybrid", "nemotron_h"])
  func recurrentFamily(name: String) throws {
    var writer = toyModel()
    writer.set("general.architecture", .string(name))
    let path = try folder.write(writer.file, to: "recurrent.gguf")
    #expect {
      try Checkpoint(path: path).configuration
    } throws: {
      "\($0)".contains("is '\(name)', whose recurrent layers this version does not compute yet")
    }
  }

  @Test("a family whose layers need what is not computed is refused for that")
  func missingPart() throws {
    var writer = toyModel()
    writer.set("general.architecture", .string("glm-dsa"))
    let path = try folder.write(writer.file, to: "latent.gguf")
    #expect {
      try Checkpoint(path: path).configuration
    } throws: {
      "\($0)".contains("is 'glm-dsa', which needs an index that chooses keys")
    }
    #expect(Architecture.supported.allSatisfy { Architecture.missing[$0.name] == nil })
  }

  @Test("a tensor is read under either of its names, fused or not, and a file with both is refused")
  func eitherName() throws {
    let rules = [
      TensorRule(.query, "attn_q.weight", [8, 8]), TensorRule(.query, "attn_qkv.weight", [8, 16], rows: 0..<8),
    ]
    var family = Architecture.toy
    family.layerTensors = { layer, model in
      Architecture.toy.layerTensors(layer, model).filter { $0.role != .query && $0.role != .queryBias } + rules
        + [TensorRule(.queryBias, "attn_qkv.bias", [16], rows: 0..<8)]
    }
    var writer = toyModel()
    let fused = try Checkpoint(path: folder.write(writer.file, to: "fused.gguf"), architectures: [family])
    #expect(try fused.tensorMap.layers[0][.query]?.entry.name == "blk.0.attn_qkv.weight")
    writer.addMatrix("blk.0.attn_q.weight", 8, 8)
    let both = try Checkpoint(path: folder.write(writer.file, to: "both.gguf"), architectures: [family])
    #expect {
      try both.tensorMap
    } throws: {
      "\($0)".contains("is there beside blk.0.attn_q.weight, for the same use")
    }
  }

  @Test("a bias or a head norm that a family asks for is missed by its name", arguments: ["qwen2", "qwen3"])
  func missingTensors(family: String) throws {
    var writer = GGUFWriter.tinyModel(layerCount: 1)
    writer.metadata = writer.metadata.map { ($0.0.replacing("llama.", with: "\(family)."), $0.1) }
    writer.set("general.architecture", .string(family))
    let path = try folder.write(writer.file, to: "model.gguf")
    let name = family == "qwen2" ? "blk.0.attn_q.bias" : "blk.0.attn_q_norm.weight"
    #expect {
      try Checkpoint(path: path).configuration
    } throws: {
      "\($0)".contains("tensor '\(name)' is missing")
    }
  }

  @Test("layers may differ in heads and in their feed-forward size")
  func unequalLayers() throws {
    var writer = GGUFWriter.tinyModel(layerCount: 1)
    writer.set("llama.block_count", .u32(2))
    writer.set("llama.attention.key_length", .u32(4))
    writer.set("llama.attention.head_count", .u32s([2, 4]))
    writer.set("llama.attention.head_count_kv", .u32s([1, 2]))
    writer.set("llama.feed_forward_length", .u32s([12, 20]))
    writer.addOnes("blk.1.attn_norm.weight", 8)
    writer.addMatrix("blk.1.attn_q.weight", 8, 16)
    writer.addMatrix("blk.1.attn_k.weight", 8, 8)
    writer.addMatrix("blk.1.attn_v.weight", 8, 8)
    writer.addMatrix("blk.1.attn_output.weight", 16, 8)
    writer.addOnes("blk.1.ffn_norm.weight", 8)
    writer.addMatrix("blk.1.ffn_gate.weight", 8, 20)
    writer.addMatrix("blk.1.ffn_up.weight", 8, 20)
    writer.addMatrix("blk.1.ffn_down.weight", 20, 8)
    let checkpoint = try folder.checkpoint(writer)
    let layers = try checkpoint.configuration.layers
    #expect(layers.map(\.attention.queryHeadCount) == [2, 4])
    #expect(layers.map(\.feedForward.size) == [12, 20])
    let costs = try checkpoint.footprint.layers
    #expect(costs[1].weightByteCount > costs[0].weightByteCount)
  }
}
