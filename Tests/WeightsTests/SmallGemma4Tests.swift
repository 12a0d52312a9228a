import Core
import Fixtures
import Testing

@testable import Weights

/// Gemma 4's small models, whose tokens give each layer an input of its own and whose last layers attend to the keys of
/// others.
@Suite("Gemma 4's small models")
struct SmallGemma4Tests {
  private static let (hidden, size, vocabulary) = (8, 4, 5)
  private let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  /// Local and global layers in turns, of which the last two attend to the keys of the two before them.
  private func model() -> GGUFWriter {
    var writer = GGUFWriter.tinyModel(layerCount: 0)
    writer.metadata = writer.metadata.map { ($0.0.replacing("llama.", with: "gemma4."), $0.1) }
    writer.set("general.architecture", .string("gemma4"))
    let counts: [(String, UInt32)] = [
      ("block_count", 5), ("attention.sliding_window", 16), ("attention.key_length", 4), ("attention.value_length", 4),
      ("attention.key_length_swa", 2), ("attention.value_length_swa", 2), ("rope.dimension_count", 4),
      ("rope.dimension_count_swa", 2), ("attention.shared_kv_layers", 2), ("attention.sliding_window_pattern", 2),
      ("embedding_length_per_layer_input", UInt32(Self.size)),
    ]
    for (key, count) in counts { writer.set("gemma4.\(key)", .u32(count)) }
    writer.set("gemma4.feed_forward_length", .u32s([12, 12, 12, 24, 24]))
    writer.addOnes("rope_freqs.weight", 2)
    writer.addMatrix("per_layer_token_embd.weight", 5 * Self.size, Self.vocabulary)
    writer.addMatrix("per_layer_model_proj.weight", Self.hidden, 5 * Self.size)
    writer.addOnes("per_layer_proj_norm.weight", Self.size)
    for layer in 0..<5 { add(layer, to: &writer) }
    return writer
  }

  private func add(_ layer: Int, to writer: inout GGUFWriter) {
    let (head, inner) = (layer % 2 == 0 ? 2 : 4, layer < 3 ? 12 : 24)
    for name in ["attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm", "post_norm"] {
      writer.addOnes("blk.\(layer).\(name).weight", Self.hidden)
    }
    writer.addOnes("blk.\(layer).attn_q_norm.weight", head)
    writer.addMatrix("blk.\(layer).attn_q.weight", Self.hidden, 2 * head)
    if layer < 3 { addKeys(of: layer, head: head, to: &writer) }
    writer.addMatrix("blk.\(layer).attn_output.weight", 2 * head, Self.hidden)
    writer.addMatrix("blk.\(layer).ffn_gate.weight", Self.hidden, inner)
    writer.addMatrix("blk.\(layer).ffn_up.weight", Self.hidden, inner)
    writer.addMatrix("blk.\(layer).ffn_down.weight", inner, Self.hidden)
    writer.addMatrix("blk.\(layer).inp_gate.weight", Self.hidden, Self.size)
    writer.addMatrix("blk.\(layer).proj.weight", Self.size, Self.hidden)
  }

  private func addKeys(of layer: Int, head: Int, to writer: inout GGUFWriter) {
    writer.addOnes("blk.\(layer).attn_k_norm.weight", head)
    writer.addMatrix("blk.\(layer).attn_k.weight", Self.hidden, head)
    writer.addMatrix("blk.\(layer).attn_v.weight", Self.hidden, head)
  }

  @Test("the last layers attend to the keys of the last layer of their kind before them, and stay with it")
  func sources() throws {
    let model = try folder.checkpoint(model()).configuration
    #expect(model.layers.map(\.attention.keySourceDistance) == [nil, nil, nil, 2, 2])
    #expect(model.layers.map(\.feedForward.size) == [12, 12, 12, 24, 24])
    #expect(model.layers.map(\.perLayerInputSize) == Array(repeating: Self.size, count: 5))
    #expect(model.stageStarts == [0, 1])
    let page = KVPageSize(key: .init(bitCount: 32), value: .init(bitCount: 32))
    #expect(model.layers.map { page.byteCount($0.attention) / (Limits.pageSize * 8) } == [2, 4, 2, 0, 0])
    #expect(model.layers.map { page.byteCountRead($0.attention) / (Limits.pageSize * 8) } == [2, 4, 2, 4, 2])
  }

  @Test("a stage holds its layers, their rows of the projection, the embedding and the table, as the plan counts")
  func footprint() throws {
    let checkpoint = try folder.checkpoint(model())
    let footprint = try checkpoint.footprint
    let embedding = 4 * Self.hidden * Self.vocabulary
    let table = 4 * (5 * Self.size * Self.vocabulary + Self.size)
    #expect(footprint.perStageByteCount == embedding + table)
    for (lower, upper) in [(0, 1), (1, 5), (0, 5)] {
      let range = try #require(LayerRange(lower: lower, upper: upper))
      let stage = try StageTensors(checkpoint, layers: range, hasEmbedding: lower == 0, hasHead: false)
      let layers = footprint.layers[range.indices].reduce(0) { $0 + $1.weightByteCount }
      // Factors of RoPE are read with the metadata.
      #expect(stage.byteCount == layers + embedding + table)
      let needed = try checkpoint.extents(layers: range, hasEmbedding: lower == 0, hasHead: false).map(\.name)
      #expect(Set(needed).isSuperset(of: ["token_embd.weight", "per_layer_token_embd.weight"]))
    }
  }

  @Test("parameters count the table in all, and what makes and takes inputs among those that multiply a token")
  func parameters() throws {
    let model = try folder.checkpoint(model()).configuration
    let count = ParameterCount(model)
    #expect(count.total - count.active == Self.vocabulary * 5 * Self.size + (model.hasTiedHead ? 0 : 40))
    #expect(model.layers[3].parameterCount(hiddenSize: 8) == 8 * (2 * 8 + 3 * 24 + 3 * Self.size))
  }

  @Test("keys that training left in a layer that attends to another's are passed over")
  func unreadKeys() throws {
    var writer = model()
    addKeys(of: 3, head: 4, to: &writer)
    let checkpoint = try folder.checkpoint(writer)
    let plain = try folder.checkpoint(model()).footprint
    #expect(try checkpoint.footprint == plain)
    let range = try #require(LayerRange(lower: 1, upper: 5))
    let needed = try checkpoint.extents(layers: range, hasEmbedding: false, hasHead: true).map(\.name)
    #expect(!needed.contains("blk.3.attn_k.weight") && needed.contains("blk.2.attn_k.weight"))
  }

  @Test("a stage that begins between a layer and those that attend to its keys is refused")
  func cut() throws {
    let checkpoint = try folder.checkpoint(model())
    let range = try #require(LayerRange(lower: 2, upper: 5))
    #expect {
      try StageTensors(checkpoint, layers: range, hasEmbedding: false, hasHead: true)
    } throws: {
      "\($0)".contains("attend to keys of layers before layer 2")
    }
  }

  @Test(
    "what is missing or of another size is refused by the tensor's name",
    arguments: [
      "per_layer_token_embd.weight", "per_layer_model_proj.weight", "per_layer_proj_norm.weight",
      "blk.4.inp_gate.weight", "blk.4.proj.weight", "blk.0.post_norm.weight", "blk.2.attn_k.weight",
    ])
  func broken(tensor: String) throws {
    var writer = model()
    writer.edit(tensor) { $0.dimensions[0] += 4 }
    #expect {
      try folder.checkpoint(writer).configuration
    } throws: {
      "\($0)".contains("'\(tensor)'")
    }
    writer.tensors.removeAll { $0.name == tensor }
    #expect {
      try folder.checkpoint(writer).configuration
    } throws: {
      "\($0)".contains("tensor '\(tensor)' is missing")
    }
  }

  @Test("tensors of inputs in a model whose metadata have none are refused: they would be left out without a word")
  func unannounced() throws {
    var writer = model()
    writer.set("gemma4.embedding_length_per_layer_input", .u32(0))
    #expect {
      try folder.checkpoint(writer).configuration
    } throws: {
      "\($0)".contains("has no place in a gemma4 model")
    }
  }
}
