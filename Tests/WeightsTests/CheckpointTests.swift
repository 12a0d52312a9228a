import Fixtures
import Core
import Tensors
import Testing

@testable import Weights

@Suite struct CheckpointTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  @Test("A model's shape is read from its metadata, with the format's defaults")
  func configuration() throws {
    let configuration = try folder.checkpoint(.tinyModel()).configuration
    #expect(
      configuration
        == ModelConfiguration(
          name: "tiny", architecture: "llama", layerCount: 2, hiddenSize: 8, feedForwardSize: 12,
          queryHeadCount: 2,
          keyValueHeadCount: 1, headDimension: 4, vocabularySize: 5, trainedLength: 64, normEpsilon: 1e-5,
          rope: RopeConfiguration(base: 10_000, rotaryDimension: 4, layout: .interleaved, scaling: .none),
          hasTiedHead: true))
  }

  @Test("Version 2 files read like version 3")
  func versionTwo() throws {
    var writer = GGUFWriter.tinyModel()
    writer.version = 2
    #expect(try folder.checkpoint(writer).configuration.layerCount == 2)
  }

  @Test("Head counts may be given layer by layer when all agree")
  func headCountsPerLayer() throws {
    var writer = GGUFWriter.tinyModel()
    writer.set("llama.attention.head_count_kv", .i32s([1, 1]))
    writer.set("llama.feed_forward_length", .u32s([12, 12]))
    #expect(try folder.checkpoint(writer).configuration.layers.map(\.attention.keyValueHeadCount) == [1, 1])
  }

  @Test("A stated head dimension need not be width over heads")
  func keyLength() throws {
    var writer = GGUFWriter.tinyModel(layerCount: 0)
    writer.set("llama.block_count", .u32(1))
    writer.set("llama.attention.key_length", .u32(6))
    writer.set("llama.attention.value_length", .u32(6))
    writer.addOnes("blk.0.attn_norm.weight", 8)
    writer.addMatrix("blk.0.attn_q.weight", 8, 12)
    writer.addMatrix("blk.0.attn_k.weight", 8, 6)
    writer.addMatrix("blk.0.attn_v.weight", 8, 6)
    writer.addMatrix("blk.0.attn_output.weight", 12, 8)
    writer.addOnes("blk.0.ffn_norm.weight", 8)
    writer.addMatrix("blk.0.ffn_gate.weight", 8, 12)
    writer.addMatrix("blk.0.ffn_up.weight", 8, 12)
    writer.addMatrix("blk.0.ffn_down.weight", 12, 8)
    #expect(try folder.checkpoint(writer).configuration.layers[0].attention.headDimension == 6)
  }

  @Test("Linear scaling, with its type or with a factor alone, in new and old spelling")
  func linearScaling() throws {
    for key in ["llama.rope.scaling.factor", "llama.rope.scale_linear"] {
      var writer = GGUFWriter.tinyModel()
      writer.set(key, .f32(4))
      #expect(try folder.checkpoint(writer).configuration.layers[0].attention.rope?.scaling == .linear(factor: 4))
      writer.set("llama.rope.scaling.type", .string("linear"))
      #expect(try folder.checkpoint(writer).configuration.layers[0].attention.rope?.scaling == .linear(factor: 4))
      writer.set("llama.rope.scaling.type", .string("none"))
      let unscaled = try folder.checkpoint(writer).configuration.layers[0].attention.rope?.scaling
      #expect(unscaled == RopeConfiguration.Scaling.none)
    }
  }

  @Test("YaRN comes with its ramp and with the factor that stretching calls for")
  func yarn() throws {
    var writer = GGUFWriter.tinyModel()
    writer.set("llama.rope.freq_base", .f64(500_000))
    writer.set("llama.rope.dimension_count", .u32(2))
    writer.set("llama.rope.scaling.type", .string("yarn"))
    writer.set("llama.rope.scaling.factor", .f32(4))
    writer.set("llama.rope.scaling.original_context_length", .u32(16))
    let rope = try #require(try folder.checkpoint(writer).configuration.layers[0].attention.rope)
    guard case .yarn(4, 16, 32, 1, let attentionFactor, true) = rope.scaling else {
      Issue.record("not YaRN: \(rope.scaling)")
      return
    }
    #expect(abs(attentionFactor - 1.138629436111989) < 1e-12)
    #expect(rope.base == 500_000)
    #expect(rope.rotaryDimension == 2)
  }

  @Test("A tensor of rope factors divides each pair's frequency")
  func perPair() throws {
    var writer = GGUFWriter.tinyModel()
    writer.addTensor("rope_freqs.weight", [2], [1, 8])
    #expect(try folder.checkpoint(writer).configuration.layers[0].attention.rope?.scaling == .perPair(factors: [1, 8]))
  }

  @Test("The fingerprint follows headers and sizes, and not the file's name")
  func fingerprint() throws {
    let writer = GGUFWriter.tinyModel()
    let first = try Checkpoint(path: folder.write(writer.file, as: "a.gguf")).fingerprint
    #expect(first.count == 32)
    #expect(try Checkpoint(path: folder.write(writer.file, as: "b.gguf")).fingerprint == first)
    #expect(try Checkpoint(path: folder.write(writer.file + [0], as: "c.gguf")).fingerprint != first)
    var renamed = writer
    renamed.set("general.name", .string("tinz"))
    #expect(try Checkpoint(path: folder.write(renamed.file, as: "d.gguf")).fingerprint != first)
  }

  @Test("Listings are short, printable lines")
  func listing() throws {
    var writer = GGUFWriter.tinyModel()
    writer.set("general.name", .string("a\u{1B}[31m\nb\u{202E}c"))
    writer.set("general.description", .string(String(repeating: "x", count: 1000)))
    let lines = try folder.checkpoint(writer).metadataLines
    #expect(lines.count == writer.metadata.count)
    #expect(lines[1] == MetadataLine(key: "general.name", value: "\"a?[31m\\nb?c\""))
    #expect(lines.contains { $0.value == "[\"<unk>\", \"<s>\", \"</s>\", \"a\", … 5 in all]" })
    #expect(lines.allSatisfy { $0.value.count < 200 })
  }

  @Test("Tensors of types that are not read are listed, and refused where they are needed")
  func unreadTypes() throws {
    var writer = GGUFWriter.tinyModel()
    writer.edit("blk.0.attn_q.weight") {
      $0.type = 15
      $0.dimensions = [256, 2]
      $0.bytes = [UInt8](repeating: 0, count: 584)
    }
    let checkpoint = try folder.checkpoint(writer)
    #expect(checkpoint.tensors[2].type.description == "Q8_K")
    #expect(checkpoint.tensors[2].byteCount == 584)
    #expect(throws: CheckpointError.self) { try checkpoint.configuration }
  }

  @Test(
    "Every type that is computed with is listed by name and size, and only in whole blocks",
    arguments: ElementType.allCases)
  func computedTypes(type: ElementType) throws {
    func listed(columns: Int) throws -> TensorEntry {
      var writer = GGUFWriter.tinyModel()
      writer.edit("blk.0.attn_q.weight") {
        $0.type = type.rawValue
        $0.dimensions = [UInt64(columns), 3]
        $0.bytes = [UInt8](repeating: 0, count: 3 * (columns / type.blockElementCount) * type.blockByteCount)
      }
      return try folder.checkpoint(writer).tensors[2]
    }
    let entry = try listed(columns: 512)
    #expect(entry.type.description == type.description)
    #expect(entry.byteCount == type.rowByteCount(elementCount: 512).map { 3 * $0 })
    let block = type.blockElementCount
    if block > 1 {
      let error = #expect(throws: CheckpointError.self) { try listed(columns: 512 + block / 2) }
      let wanted = "has rows of \(512 + block / 2), not whole \(type) blocks of \(block)"
      #expect(error?.description.contains(wanted) == true)
    }
  }

  @Test("Thousands of keys and tensors are read")
  func manyEntries() throws {
    var writer = GGUFWriter()
    writer.set("general.architecture", .string("llama"))
    for index in 0..<30_000 { writer.metadata.append(("key.\(index)", .bool(true))) }
    for index in 0..<20_000 {
      writer.tensors.append(
        GGUFWriter.Tensor(name: "t\(index)", dimensions: [1], type: 0, bytes: [0, 0, 0, 0]))
    }
    let checkpoint = try folder.checkpoint(writer)
    #expect(checkpoint.metadata.keys.count == 30_001)
    #expect(checkpoint.tensors.count == 20_000)
  }
}
