import Core
import Fixtures
import Foundation
import Tensors
import Testing

@testable import Weights

/// Checkpoints as new GGUF files.
@Suite struct GGUFFileWriterTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func write(
    _ checkpoint: Checkpoint, _ mix: QuantizationMix?, tokenizer: TokenizerDescription? = nil, to name: String
  ) throws -> Checkpoint {
    let pool = try ComputePool(threadCount: 2)
    let writer = try GGUFFileWriter(checkpoint, mix: mix, tokenizer: tokenizer)
    try writer.write(to: folder.path(name), pool: pool) { _ in }
    let written = try Checkpoint(path: folder.path(name))
    #expect(written.byteCount == writer.byteCount)
    return written
  }

  @Test(
    "A converted folder has the folder's shape, and its weights to the bit",
    arguments: ["llama", "gemma2", "mixtral", "gemma4", "gemma4_text with experts"])
  func folders(name: String) throws {
    let model = try #require(try ModelFolders.read().models.first { $0.name == name })
    try model.write(to: folder.url.appendingPathComponent("model"), shardCount: 2)
    let source = try Checkpoint(path: folder.path("model"))
    let written = try write(source, nil, to: "out.gguf")
    #expect(try written.configuration == source.configuration)
    let range = try #require(LayerRange(lower: 0, upper: source.configuration.layerCount))
    let stages = try [source, written].map {
      try StageWeights($0, layers: range, hasEmbedding: true, hasHead: true)
    }
    #expect(stages[0].byteCount == stages[1].byteCount && stages[0].matrices.count == stages[1].matrices.count)
    for (one, other) in zip(stages[0].matrices, stages[1].matrices) {
      let count = 4 * 16 * ((one.rowCount + 15) / 16) * one.columnCount
      #expect(
        UnsafeRawBufferPointer(start: one.bytes, count: count)
          .elementsEqual(UnsafeRawBufferPointer(start: other.bytes, count: count)))
    }
  }

  @Test(
    "Every mix gives types that are read, and keeps the model's metadata", arguments: QuantizationMix.all.map(\.name))
  func mixes(name: String) throws {
    let shape = ModelShape(name: "small", configuration: .small(layers: 8))
    try RandomCheckpoint(shape: shape, types: .one(.f32), seed: 4).write(to: folder.path("in.gguf")) { _ in }
    let source = try Checkpoint(path: folder.path("in.gguf"))
    let mix = try #require(QuantizationMix(named: name.lowercased()))
    let written = try write(source, mix, to: "out.gguf")
    #expect(try written.configuration == source.configuration)
    #expect(try written.tokenizer.tokens == source.tokenizer.tokens)
    #expect(written.tensors.map(\.name) == source.tensors.map(\.name))
    let types = Dictionary(uniqueKeysWithValues: written.tensors.map { ($0.name, $0.type.description) })
    #expect(types["blk.0.attn_norm.weight"] == "F32")
    #expect(try written.metadata.integer("general.file_type", in: 0...100) == Int(mix.fileType))
    if name == "Q4_K_M" {
      #expect(types["output.weight"] == "Q6_K" && types["blk.0.ffn_gate.weight"] == "Q4_K")
      #expect(types["blk.7.attn_v.weight"] == "Q6_K" && types["blk.1.ffn_down.weight"] == "Q4_K")
    }
    // The same again, to the byte.
    _ = try write(source, mix, to: "again.gguf")
    #expect(try folder.bytes("out.gguf") == folder.bytes("again.gguf"))
  }

  @Test("Rows that are no blocks of 256 get a type of blocks of 32")
  func narrowRows() throws {
    let shape = ModelShape(name: "small", configuration: .small(hidden: 192, feedForward: 384))
    try RandomCheckpoint(shape: shape, types: .one(.f16), seed: 4).write(to: folder.path("in.gguf")) { _ in }
    let written = try write(
      Checkpoint(path: folder.path("in.gguf")), QuantizationMix(named: "Q4_K_M"), to: "out.gguf")
    #expect(written.tensors.first { $0.name == "blk.0.ffn_gate.weight" }?.type.description == "Q5_0")
    #expect(written.tensors.first { $0.name == "output.weight" }?.type.description == "Q8_0")
  }

  @Test("Weights that are rounded already are refused, and so is a file that is there")
  func refused() throws {
    let shape = ModelShape(name: "small", configuration: .small())
    try RandomCheckpoint(shape: shape, types: .one(.q8_0), seed: 4).write(to: folder.path("in.gguf")) { _ in }
    let source = try Checkpoint(path: folder.path("in.gguf"))
    let error = #expect(throws: CheckpointError.self) {
      try GGUFFileWriter(source, mix: QuantizationMix(named: "Q4_0"))
    }
    #expect(error?.problem.contains("already") ?? false)
    let pool = try ComputePool(threadCount: 1)
    let writer = try GGUFFileWriter(source, mix: nil)
    #expect(throws: FileWriteError.self) { try writer.write(to: folder.path("in.gguf"), pool: pool) { _ in } }
    #expect(try Checkpoint(path: folder.path("in.gguf")).byteCount == source.byteCount, "it is not touched")
  }
}

extension ScratchFolder {
  fileprivate func bytes(_ name: String) throws -> Data { try Data(contentsOf: url.appendingPathComponent(name)) }
}
