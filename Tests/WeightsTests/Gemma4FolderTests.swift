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
    "what a small model asks for, and what is not computed, is refused by name",
    arguments: [
      (#""hidden_size_per_layer_input":0"#, #""hidden_size_per_layer_input":256"#, "embeddings in every layer"),
      (#""hidden_size_per_layer_input":0,"#, "", "embeddings in every layer"),
      (#""num_kv_shared_layers":0"#, #""num_kv_shared_layers":1"#, "attend to the keys of earlier layers"),
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
}
