import Core
import Fixtures
import Testing

@testable import Weights

@Suite("Gemma 4's metadata")
struct Gemma4Tests {
  private let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  /// A local layer with heads of 2, then a global one with heads of 4 whose keys are its values.
  private func model() -> GGUFWriter {
    var writer = GGUFWriter.tinyModel(layerCount: 0)
    writer.metadata = writer.metadata.map { ($0.0.replacing("llama.", with: "gemma4."), $0.1) }
    writer.set("general.architecture", .string("gemma4"))
    let counts: [(String, UInt32)] = [
      ("block_count", 2), ("attention.sliding_window", 16), ("attention.sliding_window_pattern", 2),
      ("attention.key_length", 4), ("attention.value_length", 4), ("attention.key_length_swa", 2),
      ("attention.value_length_swa", 2), ("rope.dimension_count", 4), ("rope.dimension_count_swa", 2),
    ]
    for (key, count) in counts { writer.set("gemma4.\(key)", .u32(count)) }
    writer.addOnes("rope_freqs.weight", 2)
    for (layer, size) in [2, 4].enumerated() {
      let norms = ["attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"]
      for name in norms { writer.addOnes("blk.\(layer).\(name).weight", 8) }
      for name in ["attn_q_norm", "attn_k_norm"] { writer.addOnes("blk.\(layer).\(name).weight", size) }
      writer.addMatrix("blk.\(layer).attn_q.weight", 8, 2 * size)
      writer.addMatrix("blk.\(layer).attn_k.weight", 8, size)
      if layer == 0 { writer.addMatrix("blk.0.attn_v.weight", 8, size) }
      writer.addMatrix("blk.\(layer).attn_output.weight", 2 * size, 8)
      writer.addMatrix("blk.\(layer).ffn_gate.weight", 8, 12)
      writer.addMatrix("blk.\(layer).ffn_up.weight", 8, 12)
      writer.addMatrix("blk.\(layer).ffn_down.weight", 12, 8)
    }
    return writer
  }

  @Test("local and global layers have heads of their own sizes, and a global one without values takes its keys")
  func shapes() throws {
    let checkpoint = try folder.checkpoint(model())
    let layers = try checkpoint.configuration.layers.map(\.attention)
    #expect(layers.map(\.headDimension) == [2, 4] && layers.map(\.valuesAreKeys) == [false, true])
    #expect(layers.map(\.span) == [.window(16), .all])
    let count = try ParameterCount(checkpoint.configuration)
    let attention = (4 + 2 + 2 + 4) + (8 + 4 + 8)
    #expect(count.total == 8 * (attention + 2 * 3 * 12 + 5) && count.active == count.total)
    let range = try #require(LayerRange(lower: 0, upper: 2))
    let weights = try StageWeights(checkpoint, layers: range, hasEmbedding: false, hasHead: false)
    #expect(weights.layers.map { $0.attention.value == nil } == [false, true])
  }

  @Test(
    "what is malformed is refused by the key's name",
    arguments: [
      ("embedding_length_per_layer_input", 1 << 30, "must be between 0 and"),
      ("attention.shared_kv_layers", 2, "must be between 0 and 1"),
      ("attention.shared_kv_layers", 1, "is 1, which leaves no global layer with keys of its own"),
      ("attention.sliding_window", 0, "is missing"),
      ("attention.key_length_swa", 0, "must be between 2 and 1024"),
      ("attention.value_length_swa", 4, "is 4 where keys have 2"),
      ("rope.dimension_count_swa", 4, "must be between 2 and 2"),
    ] as [(String, UInt32, String)])
  func refusals(key: String, value: UInt32, reason: String) throws {
    var writer = model()
    writer.set("gemma4.\(key)", .u32(value))
    #expect {
      try folder.checkpoint(writer).configuration
    } throws: {
      "\($0)".contains("gemma4.\(key)") && "\($0)".contains(reason)
    }
  }

  @Test("experts stand beside each gated part, and a token is multiplied with some of them")
  func experts() throws {
    var writer = model()
    let counts: [(String, UInt32)] = [
      ("expert_count", 4), ("expert_used_count", 2), ("expert_feed_forward_length", 6),
    ]
    for (key, count) in counts { writer.set("gemma4.\(key)", .u32(count)) }
    for layer in 0..<2 {
      let names = ["post_ffw_norm_1.weight", "post_ffw_norm_2.weight", "pre_ffw_norm_2.weight", "ffn_gate_inp.scale"]
      for name in names { writer.addOnes("blk.\(layer).\(name)", 8) }
      writer.addMatrix("blk.\(layer).ffn_gate_inp.weight", 8, 4)
      writer.addTensor("blk.\(layer).ffn_gate_up_exps.weight", [8, 12, 4], Array(repeating: 1, count: 384))
      writer.addTensor("blk.\(layer).ffn_down_exps.weight", [6, 8, 4], Array(repeating: 1, count: 192))
    }
    let configuration = try folder.checkpoint(writer).configuration
    let count = ParameterCount(configuration)
    let attention = (4 + 2 + 2 + 4) + (8 + 4 + 8)
    #expect(count.total == 8 * (attention + 2 * (3 * 12 + 4 + 3 * 4 * 6) + 5))
    #expect(count.active == count.total - 8 * 2 * 3 * 2 * 6)
    writer.tensors.removeAll { $0.name == "blk.1.ffn_gate_inp.scale" }
    #expect {
      try folder.checkpoint(writer).configuration
    } throws: {
      "\($0)".contains("tensor 'blk.1.ffn_gate_inp.scale' is missing")
    }
  }

  @Test("a file without factors of global layers' turn is refused for the tensor: their whole heads would turn")
  func withoutFactors() throws {
    var writer = model()
    writer.tensors.removeAll { $0.name == "rope_freqs.weight" }
    #expect {
      try folder.checkpoint(writer).configuration
    } throws: {
      "\($0)".contains("tensor 'rope_freqs.weight' is missing")
    }
  }

  @Test("a local layer without values is refused for the tensor: only global ones take keys for them")
  func localLayerWithoutValues() throws {
    var writer = model()
    writer.tensors.removeAll { $0.name == "blk.0.attn_v.weight" }
    #expect {
      try folder.checkpoint(writer).configuration
    } throws: {
      "\($0)".contains("tensor 'blk.0.attn_v.weight' is missing")
    }
  }
}
