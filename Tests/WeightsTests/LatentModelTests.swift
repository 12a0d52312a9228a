import Core
import Fixtures
import Tensors
import Testing

@testable import Weights

@Suite("Models with latents in files")
struct LatentModelTests {
  private let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  /// A layer without experts: two heads of 4 numbers and 2 that turn, values of 3.
  private static func tinyDeepSeek(latent: Int = 5, isNew: Bool = false) -> GGUFWriter {
    var writer = GGUFWriter.tinyModel(layerCount: 1)
    for index in writer.metadata.indices where writer.metadata[index].key.hasPrefix("llama.") {
      writer.metadata[index].key = "deepseek2" + writer.metadata[index].key.dropFirst(5)
    }
    writer.set("general.architecture", .string("deepseek2"))
    var counts = [
      ("attention.kv_lora_rank", latent), ("rope.dimension_count", 2), ("attention.key_length", 6),
      ("attention.value_length", 3), ("leading_dense_block_count", 1), ("attention.head_count_kv", isNew ? 1 : 2),
    ]
    if isNew {
      counts += [
        ("attention.key_length_mla", 6), ("attention.value_length_mla", 3), ("attention.key_length", latent + 2),
        ("attention.value_length", latent),
      ]
    }
    for (key, count) in counts { writer.set("deepseek2." + key, .u32(UInt32(count))) }
    writer.tensors.removeAll { $0.name.contains("attn_") && !$0.name.contains("attn_norm") }
    func numbers(_ count: Int) -> [Float] { (0..<count).map(Float.init) }
    writer.addTensor("blk.0.attn_q.weight", [8, 12], numbers(96))
    writer.addTensor("blk.0.attn_kv_a_mqa.weight", [8, latent + 2], numbers(8 * (latent + 2)))
    writer.addOnes("blk.0.attn_kv_a_norm.weight", latent)
    writer.addTensor("blk.0.attn_output.weight", [6, 8], numbers(48))
    if isNew {
      writer.addTensor("blk.0.attn_k_b.weight", [4, latent, 2], numbers(8 * latent))
      writer.addTensor("blk.0.attn_v_b.weight", [latent, 3, 2], numbers(6 * latent))
    } else {
      writer.addTensor("blk.0.attn_kv_b.weight", [latent, 14], numbers(14 * latent))
    }
    return writer
  }

  private func weights(_ writer: GGUFWriter) throws -> LatentWeights<WeightMatrix> {
    let checkpoint = try folder.checkpoint(writer)
    var reader = StageReader(file: checkpoint.file, map: try checkpoint.tensorMap)
    let layer = try reader.layer(checkpoint.configuration.layers[0], index: 0)
    guard case .latent(let weights) = layer.attention.input else { throw Missing() }
    return weights
  }

  private struct Missing: Error {}

  private func numbers(_ linear: Linear<WeightMatrix>) -> [Float] {
    let matrix = linear.weight
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: matrix.byteCount, alignment: 64)
    defer { bytes.deallocate() }
    if let start = bytes.baseAddress { matrix.copy(0..<matrix.rowCount, to: start) }
    return (0..<matrix.rowCount * matrix.columnCount).map {
      bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)
    }
  }

  @Test("of one tensor each head has the rows for its key, with rows and columns exchanged, and those for its value")
  func olderForm() throws {
    let weights = try weights(Self.tinyDeepSeek())
    var keys: [Float] = []
    for column in 0..<5 {
      for row in 7..<11 { keys.append(Float(5 * row + column)) }
    }
    #expect(weights.keys.count == 2 && weights.values.count == 2)
    #expect(numbers(weights.keys[1]) == keys)
    #expect(weights.keys[1].weight.rowCount == 5 && weights.keys[1].weight.columnCount == 4)
    #expect(numbers(weights.values[1]) == (55..<70).map(Float.init))
    #expect(weights.queryLatent == nil)
  }

  @Test("of two tensors each head has its own rows")
  func newerForm() throws {
    let weights = try weights(Self.tinyDeepSeek(isNew: true))
    #expect(numbers(weights.keys[1]) == (20..<40).map(Float.init))
    #expect(numbers(weights.values[1]) == (15..<30).map(Float.init))
  }

  @Test("rows of blocks are exchanged as F32, which the footprint counts")
  func blocks() throws {
    var writer = Self.tinyDeepSeek(latent: 64)
    let index = try #require(writer.tensors.firstIndex { $0.name.contains("attn_kv_b") })
    // Q8_0: a scale, here 1, before 32 numbers.
    writer.tensors[index].type = 8
    writer.tensors[index].bytes = (0..<28).flatMap { (block: Int) -> [UInt8] in
      [0, 0x3C] + (block..<block + 32).map { UInt8($0) }
    }
    let weights = try weights(writer)
    var keys: [Float] = []
    for column in 0..<64 {
      for row in 7..<11 { keys.append(Float(2 * row + column / 32 + column % 32)) }
    }
    #expect(numbers(weights.keys[1]) == keys)
    #expect(weights.keys[1].weight.type == .f32 && weights.values[1].weight.type == .q8_0)
    // Two heads' four rows of 64 take 4 bytes a number instead of 34 for 32.
    let plain = try folder.checkpoint(Self.tinyDeepSeek(latent: 64)).footprint.layers[0].weightByteCount
    let held = try folder.checkpoint(writer).footprint.layers[0].weightByteCount
    #expect(plain - held == 6 * 64 * 4 - 6 * 68)
  }

  @Test("the cache has one key and value a token; scores grow by the square of YaRN's magnitude")
  func shape() throws {
    var writer = Self.tinyDeepSeek()
    writer.set("deepseek2.rope.scaling.type", .string("yarn"))
    writer.set("deepseek2.rope.scaling.factor", .f32(40))
    writer.set("deepseek2.rope.scaling.yarn_log_multiplier", .f32(0.1))
    let attention = try folder.checkpoint(writer).configuration.layers[0].attention
    #expect(attention.keyValueHeadCount == 1 && attention.headDimension == 7 && attention.queryHeadCount == 2)
    // (0.1 ln 40 + 1) squared over the root of 6.
    #expect(abs(attention.scoreScale - 0.7648) < 1e-3)
    guard case .yarn(_, _, _, _, let magnitude, _) = attention.rope?.scaling else { throw Missing() }
    #expect(magnitude == 1)
    let model = try folder.checkpoint(Self.tinyDeepSeek()).configuration
    // Queries, latents, keys and values of latents, the way out; the feed-forward part; the embedding.
    #expect(ParameterCount(model).total == 96 + 56 + 70 + 48 + 3 * 96 + 40)
  }

  private static let broken: [(String, GGUFWriter.Value?, String)] = [
    ("attention.kv_lora_rank", nil, "attention.kv_lora_rank is missing"),
    ("attention.kv_lora_rank", .u32(1023), "makes keys of 1025 numbers, more than 1024"),
    ("attention.kv_lora_rank", .u32(0), "is 0 but must be between 1"),
    ("attention.q_lora_rank", .u32(7), "'blk.0.attn_q_a.weight' is missing"),
    ("rope.dimension_count", nil, "rope.dimension_count is missing"),
    ("rope.dimension_count", .u32(6), "is 6, of which 6 numbers turn and none is left"),
    ("rope.dimension_count", .u32(3), "is 3 but must be even"),
    ("attention.key_length", nil, "attention.key_length is missing"),
    ("attention.value_length", nil, "attention.value_length is missing"),
    ("attention.value_length", .u32(4), "but the metadata calls for"),
    ("attention.key_length_mla", .u32(6), "attention.value_length_mla is missing"),
    ("attention.head_count_kv", .u32(4), "is 4 but must be 1 or 2: one latent is of all heads"),
    ("attention.head_count", nil, "attention.head_count is missing"),
    ("rope.scaling.yarn_log_multiplier", .f32(-1), "is -1.0 but must be between 0 and 1"),
    ("rope.scaling.yarn_log_multiplier", .f32(0.5), "is 0.5, which only YaRN uses"),
    ("rope.scaling.attn_factor", .f32(2), "another YaRN scale, which this version does not compute"),
    ("leading_dense_block_count", .u32(2), "is 2 but must be between 0 and 1"),
    ("leading_dense_block_count", .u32(0), "expert_count is missing"),
  ]

  @Test("metadata that do not fit are refused by name", arguments: broken.indices)
  func refused(index: Int) throws {
    let (key, value, words) = Self.broken[index]
    var writer = Self.tinyDeepSeek()
    writer.set("deepseek2." + key, value)
    let checkpoint = try folder.checkpoint(writer)
    let error = #expect(throws: CheckpointError.self) { try checkpoint.tensorMap }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "accepted")")
  }

  @Test(
    "groups that experts do not fill, or that leave too few, are refused",
    arguments: [
      (4, 2, 2, "expert_group_count is 4, which does not divide the 6 experts"),
      (65, 2, 2, "expert_group_count is 65 but must be between 0 and 64"),
      (3, 4, 2, "expert_group_used_count is 4 but must be between 1 and 3"),
      (3, 1, 3, "expert_group_used_count is 1, which leaves 2 experts for the 3 of a token"),
      (3, nil, 2, "expert_group_used_count is missing"),
      (3, 2, 7, "expert_used_count is 7 but must be between 1 and 6"),
    ] as [(UInt32, UInt32?, UInt32, String)])
  func groups(count: UInt32, used: UInt32?, experts: UInt32, words: String) throws {
    var writer = Self.tinyDeepSeek()
    writer.set("deepseek2.leading_dense_block_count", .u32(0))
    writer.set("deepseek2.expert_count", .u32(6))
    writer.set("deepseek2.expert_used_count", .u32(experts))
    writer.set("deepseek2.expert_group_count", .u32(count))
    if let used { writer.set("deepseek2.expert_group_used_count", .u32(used)) }
    let checkpoint = try folder.checkpoint(writer)
    let error = #expect(throws: CheckpointError.self) { try checkpoint.configuration }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "accepted")")
  }

  @Test("stored lengths that are not the latent's, and both forms at once, are refused")
  func newerForms() throws {
    var lengths = Self.tinyDeepSeek(isNew: true)
    lengths.set("deepseek2.attention.key_length", .u32(9))
    var both = Self.tinyDeepSeek(isNew: true)
    both.addTensor("blk.0.attn_kv_b.weight", [5, 14], (0..<70).map(Float.init))
    var half = Self.tinyDeepSeek(isNew: true)
    half.tensors.removeAll { $0.name.contains("attn_v_b") }
    for (writer, words) in [
      (lengths, "is 9 where the latent makes it 7"), (both, "is there beside blk.0.attn_k_b.weight, for the same use"),
      (half, "'blk.0.attn_v_b.weight' is missing"),
    ] {
      let checkpoint = try folder.checkpoint(writer)
      let error = #expect(throws: CheckpointError.self) { try checkpoint.tensorMap }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "accepted")")
    }
  }
}
