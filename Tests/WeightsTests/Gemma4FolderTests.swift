import Core
import Fixtures
import Testing

@testable import Weights

/// What `config.json` may say; the models are those of the goldens.
@Suite("Folders of Gemma 4")
struct Gemma4FolderTests {
  private let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  @Test("heads of global layers are read where older and where newer configurations have them")
  func heads() throws {
    let older = try folder.configuration("gemma4")
    let newer = try folder.configuration(
      "gemma4", #""global_head_dim":24,"num_global_key_value_heads":1"#,
      #""per_layer_config":{"2":{"head_dim":24,"num_key_value_heads":1}}"#)
    #expect(older == newer)
    #expect(older.layers.map(\.attention.headDimension) == [16, 16, 24])
    #expect(older.layers.map(\.attention.keyValueHeadCount) == [2, 2, 1])
    #expect(older.layers.map(\.attention.valuesAreKeys) == [false, false, true])
    let factors = Array(repeating: Float(1), count: 3) + Array(repeating: 1e30, count: 9)
    #expect(older.layers[2].attention.rope?.scaling == .perPair(factors: factors))
  }

  @Test(
    "what is not computed is refused by name",
    arguments: [
      (#""num_kv_shared_layers":0"#, #""num_kv_shared_layers":1"#, "leaves no global layer with keys of its own"),
      (#""rope_type":"proportional""#, #""rope_type":"linear""#, #"is not "proportional""#),
      (#""partial_rotary_factor":0.25"#, #""partial_rotary_factor":1.5"#, "a partial_rotary_factor of 1.5"),
      (#""full_attention"]"#, #""sliding_attention"]"#, "ends with a local layer"),
      (#""layer_types":["sliding_attention","#, #""layer_types":["#, "has 2 entries for 3 layers"),
      (#""use_bidirectional_attention":"vision""#, #""use_bidirectional_attention":"all""#, #"is not "vision""#),
      (#""global_head_dim":24"#, #""per_layer_config":{"1":{"head_dim":24}}"#, "layers of one kind that differ"),
      (#""text_config""#, #""other_config""#, #"lacks "text_config""#),
    ])
  func refusals(part: String, instead: String, reason: String) {
    #expect {
      try folder.configuration("gemma4", part, instead)
    } throws: {
      "\($0)".contains("config.json") && "\($0)".contains(reason)
    }
  }

  @Test("in a small model tokens give layers inputs, and the last layers attend to others' keys in wider parts")
  func smallModel() throws {
    let layers = try folder.configuration("gemma4 E2B").layers
    #expect(layers.map(\.attention.keySourceDistance) == [nil, nil, nil, nil, 2, 3, 3])
    #expect(layers.map(\.feedForward.size) == [160, 160, 160, 160, 320, 320, 320])
    #expect(layers.map(\.perLayerInputSize) == Array(repeating: 32, count: 7))
  }

  @Test(
    "what a small model's configuration cannot have is refused by name",
    arguments: [
      (#""vocab_size_per_layer_input":96"#, #""vocab_size_per_layer_input":48"#, "is not the vocab_size of 96"),
      (#""hidden_size_per_layer_input":32"#, #""hidden_size_per_layer_input":-1"#, "hidden_size_per_layer_input"),
      (#""num_kv_shared_layers":3"#, #""num_kv_shared_layers":7"#, "num_kv_shared_layers"),
      (#""num_kv_shared_layers":3"#, #""num_kv_shared_layers":6"#, "leaves no global layer with keys of its own"),
    ])
  func smallRefusals(part: String, instead: String, reason: String) {
    #expect {
      try folder.configuration("gemma4 E2B", part, instead)
    } throws: {
      "\($0)".contains("config.json") && "\($0)".contains(reason)
    }
  }
}
