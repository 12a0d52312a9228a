import Core
import Fixtures
import Testing

@testable import Weights

@Suite("Models with experts in files")
struct ExpertWeightsTests {
  private let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  /// A Mixtral of one layer: two of three experts, 6 numbers inside each.
  private func tinyMixtral() -> GGUFWriter {
    var writer = GGUFWriter.tinyModel(layerCount: 1)
    writer.tensors.removeAll { $0.name.contains("ffn_") && !$0.name.contains("norm") }
    writer.set("llama.expert_count", .u32(3))
    writer.set("llama.expert_used_count", .u32(2))
    writer.set("llama.feed_forward_length", .u32(6))
    writer.addTensor("blk.0.ffn_gate_inp.weight", [8, 3], (0..<24).map(Float.init))
    for (name, dimensions) in [("gate", [8, 6, 3]), ("up", [8, 6, 3]), ("down", [6, 8, 3])] {
      writer.addTensor("blk.0.ffn_\(name)_exps.weight", dimensions, (0..<144).map(Float.init))
    }
    return writer
  }

  @Test("each expert is a run of rows of the stacked tensors")
  func stackedTensors() throws {
    let checkpoint = try folder.checkpoint(tinyMixtral())
    let configuration = try checkpoint.configuration
    let shape = ExpertsShape(expertCount: 3, usedCount: 2, size: 6, router: RouterRule(.softmaxOfChosen))
    #expect(configuration.layers[0].feedForward == .experts(shape))
    var reader = StageReader(file: checkpoint.file, map: try checkpoint.tensorMap)
    let layer = try reader.layer(configuration.layers[0], index: 0)
    guard case .experts(let experts) = layer.feedForward else {
      Issue.record("the layer has no experts")
      return
    }
    func first(_ linear: Linear<WeightMatrix>) -> Float { linear.weight.bytes.load(as: Float.self) }
    #expect(experts.gate.map(first) == [0, 48, 96] && experts.down.map(first) == [0, 48, 96])
    #expect(experts.up.allSatisfy { $0.weight.rowCount == 6 && $0.weight.columnCount == 8 })
    #expect(experts.down.allSatisfy { $0.weight.rowCount == 8 && $0.weight.columnCount == 6 })
    #expect(experts.router.weight.rowCount == 3 && experts.shared == nil)
  }

  @Test("gate and up may be one tensor: of each expert the rows of one, then of the other")
  func fusedTensors() throws {
    var writer = tinyMixtral()
    writer.tensors.removeAll { $0.name.contains("ffn_gate_exps") || $0.name.contains("ffn_up_exps") }
    writer.addTensor("blk.0.ffn_gate_up_exps.weight", [8, 12, 3], (0..<288).map(Float.init))
    let checkpoint = try folder.checkpoint(writer)
    let configuration = try checkpoint.configuration
    var reader = StageReader(file: checkpoint.file, map: try checkpoint.tensorMap)
    let layer = try reader.layer(configuration.layers[0], index: 0)
    guard case .experts(let experts) = layer.feedForward else {
      Issue.record("the layer has no experts")
      return
    }
    func first(_ linear: Linear<WeightMatrix>) -> Float { linear.weight.bytes.load(as: Float.self) }
    #expect(experts.gate.map(first) == [0, 96, 192] && experts.up.map(first) == [48, 144, 240])
    #expect((experts.gate + experts.up).allSatisfy { $0.weight.rowCount == 6 && $0.weight.columnCount == 8 })
    #expect(try checkpoint.footprint.layers.first?.expertByteCount == 4 * 3 * 144)

    var both = writer
    both.addTensor("blk.0.ffn_gate_exps.weight", [8, 6, 3], (0..<144).map(Float.init))
    #expect {
      try folder.checkpoint(both).configuration
    } throws: {
      "\($0)".contains("is there beside blk.0.ffn_gate_exps.weight, for the same use")
    }
    var narrow = writer
    narrow.edit("blk.0.ffn_gate_up_exps.weight") {
      $0.dimensions = [8, 6, 3]
      $0.bytes.removeLast(576)
    }
    #expect {
      try folder.checkpoint(narrow).configuration
    } throws: {
      "\($0)".contains("has dimensions [8, 6, 3], but the metadata calls for [8, 12, 3]")
    }
  }

  @Test("a token reads two of three experts, and a worker holds and fetches all")
  func costs() throws {
    let checkpoint = try folder.checkpoint(tinyMixtral())
    let cost = try #require(try checkpoint.footprint.layers.first)
    let ofExperts = 4 * 3 * 144
    #expect(cost.expertByteCount == ofExperts)
    #expect(cost.decodeByteCount == cost.weightByteCount - ofExperts / 3)
    let range = try #require(LayerRange(lower: 0, upper: 1))
    let weights = try StageWeights(checkpoint, layers: range, hasEmbedding: false, hasHead: false)
    #expect(weights.byteCount == cost.weightByteCount && weights.isPacked)
    let fetched = try checkpoint.extents(layers: range, hasEmbedding: false, hasHead: false)
    #expect(fetched.map(\.byteCount).reduce(0, +) == cost.weightByteCount)
  }

  @Test("the file's own words for weights are obeyed")
  func routerRules() throws {
    func rule(_ body: (inout GGUFWriter) -> Void) throws -> RouterRule? {
      var writer = tinyMixtral()
      body(&writer)
      guard case .experts(let shape) = try folder.checkpoint(writer).configuration.layers[0].feedForward else {
        return nil
      }
      return shape.router
    }
    #expect(try rule { $0.set("llama.expert_weights_norm", .bool(false)) } == RouterRule(.softmaxOfAll))
    #expect(try rule { $0.set("llama.expert_weights_scale", .f32(2.5)) } == RouterRule(.softmaxOfChosen, scale: 2.5))
    #expect(
      try rule {
        $0.set("llama.expert_gating_func", .u32(2))
        $0.set("llama.expert_weights_norm", .bool(true))
      } == RouterRule(.sigmoid(normalizes: true)))
    #expect {
      try rule { $0.set("llama.expert_gating_func", .u32(4)) }
    } throws: {
      "\($0)".contains("llama.expert_gating_func is 4, which this version does not compute")
    }
  }

  @Test("counts that cannot be are refused by their key")
  func impossibleCounts() throws {
    for (key, value, message) in [
      ("expert_used_count", UInt32(4), "llama.expert_used_count is 4 but must be between 1 and 3"),
      ("expert_count", 1 << 20, "llama.expert_count is 1048576 but must be between 0 and 4096"),
      ("expert_feed_forward_length", 0, "llama.expert_feed_forward_length is 0 but must be"),
      ("expert_count", 4, "has dimensions [8, 3], but the metadata calls for [8, 4]"),
    ] {
      var writer = tinyMixtral()
      writer.set("llama.\(key)", .u32(value))
      #expect {
        try folder.checkpoint(writer).configuration
      } throws: {
        "\($0)".contains(message)
      }
    }
  }

  @Test("a router in a type whose input would be rounded is refused by name")
  func roundedRouter() throws {
    var writer = tinyMixtral()
    let place = try #require(writer.tensors.firstIndex { $0.name == "blk.0.ffn_gate_inp.weight" })
    writer.tensors[place].type = 30
    writer.tensors[place].bytes.removeLast(48)
    #expect {
      try folder.checkpoint(writer).configuration
    } throws: {
      "\($0)".contains("tensor 'blk.0.ffn_gate_inp.weight' chooses experts and is stored in BF16")
    }
  }
}
