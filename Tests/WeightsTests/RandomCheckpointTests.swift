import Fixtures
import Foundation
import Core
import Tensors
import Testing

@testable import Weights

@Suite("Random models are whole models")
struct RandomCheckpointTests {
  private static let shape = ModelShape(name: "small", configuration: .small())

  @Test("a file of every type opens with the shape it was given, and has exactly the announced size")
  func everyType() throws {
    let folder = try ScratchFolder()
    for type in ElementType.allCases where RandomBlocks.canFill(type) {
      let path = folder.url.appendingPathComponent("\(type).gguf").path
      let model = try RandomCheckpoint(shape: Self.shape, types: .one(type), seed: 7)
      var shares: [Double] = []
      try model.write(to: path) { shares.append($0) }
      #expect(shares == shares.sorted() && shares.last ?? 0 > 0.99)
      let checkpoint = try Checkpoint(path: path)
      #expect(checkpoint.byteCount == model.byteCount)
      #expect(try checkpoint.configuration == Self.shape.configuration)
      #expect(try checkpoint.tokenizer.tokens.count == 300)
      let matrix = try #require(checkpoint.tensors.first { $0.name == "blk.1.ffn_down.weight" })
      #expect(matrix.type.element == type)
    }
  }

  @Test("Q4_K_M mixes types as files of that name do, and names are read whatever their capitals")
  func mixedTypes() throws {
    #expect(RandomTypes("q4_k_m") == .q4KM && RandomTypes("q4_0") == .one(.q4_0) && RandomTypes("q4_k_x") == nil)
    #expect(RandomTypes.names.allSatisfy { RandomTypes($0)?.name == $0 })
    let folder = try ScratchFolder()
    let path = folder.url.appendingPathComponent("mixed.gguf").path
    try RandomCheckpoint(shape: Self.shape, types: .q4KM, seed: 1).write(to: path) { _ in }
    let checkpoint = try Checkpoint(path: path)
    func type(_ name: String) -> ElementType? { checkpoint.tensors.first { $0.name == name }?.type.element }
    #expect(type("token_embd.weight") == .q4_K && type("output.weight") == .q6_K)
    #expect(type("blk.0.ffn_down.weight") == .q4_K && type("blk.1.ffn_down.weight") == .q6_K)
    #expect(type("blk.1.attn_v.weight") == .q6_K && type("blk.1.attn_q.weight") == .q4_K)
    var model = ModelShape.known[0].configuration
    let worthMore = (0..<22).filter { RandomTypes.q4KM.type(of: .value, layer: $0, in: model) == .q6_K }
    #expect(worthMore == [0, 1, 4, 7, 10, 13, 16, 19, 20, 21])
    model.hasTiedHead = true
    #expect(RandomTypes.q4KM.type(of: .embedding, layer: nil, in: model) == .q6_K)
  }

  @Test(
    "a plan counts the bytes of a known model's tensors, to the byte, without writing its weights",
    arguments: [
      "Llama-3.2-1B", "Llama-2-7B", "Llama-3-70B", "Llama-3.1-405B", "Mixtral-8x7B", "Qwen3-30B-A3B", "Qwen3-235B-A22B",
      "gpt-oss-20b",
    ])
  func outlines(name: String) throws {
    let folder = try ScratchFolder()
    let shape = try #require(ModelShape.named(name))
    let path = folder.url.appendingPathComponent("outline.gguf").path
    try RandomCheckpoint(shape: shape, types: name.hasPrefix("gpt") ? .one(.mxfp4) : .q4KM, seed: 1)
      .writeOutline(to: path)
    let checkpoint = try Checkpoint(path: path)
    let footprint = try checkpoint.footprint
    func bytes(_ prefix: String) -> Int {
      checkpoint.tensors.filter { $0.name.hasPrefix(prefix) }.reduce(0) { $0 + ($1.byteCount ?? 0) }
    }
    let layers = (0..<shape.configuration.layerCount).map { bytes("blk.\($0).") }
    #expect(footprint.layers.map(\.weightByteCount) == layers)
    #expect(footprint.embeddingByteCount == bytes("token_embd."))
    let head = shape.configuration.hasTiedHead ? bytes("token_embd.") : bytes("output.")
    #expect(footprint.headByteCount == head + bytes("output_norm."))
    for (cost, layer) in zip(footprint.layers, shape.configuration.layers) {
      // Routers, too, are matrices.
      #expect(
        cost.products.integers + cost.products.floats
          == layer.activeParameterCount(hiddenSize: shape.configuration.hiddenSize))
      #expect((cost.expertByteCount > 0) == (layer.feedForward.activeShare < 1))
    }
  }

  @Test("the same seed gives the same bytes, another one others")
  func seeds() throws {
    let folder = try ScratchFolder()
    func bytes(seed: UInt64, name: String) throws -> Data {
      let url = folder.url.appendingPathComponent(name)
      try RandomCheckpoint(shape: Self.shape, types: .one(.q4_0), seed: seed).write(to: url.path) { _ in }
      return try Data(contentsOf: url)
    }
    let first = try bytes(seed: 1, name: "a")
    #expect(try bytes(seed: 1, name: "b") == first)
    #expect(try bytes(seed: 2, name: "c") != first)
  }

  @Test("weights are finite, about zero on average and of a trained model's size")
  func realisticSize() throws {
    let folder = try ScratchFolder()
    for type in [ElementType.f32, .f16, .bf16] {
      let url = folder.url.appendingPathComponent("\(type)")
      try RandomCheckpoint(shape: Self.shape, types: .one(type), seed: 3).write(to: url.path) { _ in }
      let checkpoint = try Checkpoint(path: url.path)
      let entry = try #require(checkpoint.tensors.first { $0.name == "token_embd.weight" })
      let bytes = try Data(contentsOf: url).dropFirst(entry.offset).prefix(entry.byteCount ?? 0)
      let values = decoded(Array(bytes), type)
      let mean = values.reduce(0, +) / Float(values.count)
      let deviation = (values.reduce(0) { $0 + $1 * $1 } / Float(values.count)).squareRoot()
      #expect(abs(mean) < 0.001 && (0.015...0.035).contains(deviation), "\(type): \(mean), \(deviation)")
    }
  }

  private func decoded(_ bytes: [UInt8], _ type: ElementType) -> [Float] {
    bytes.withUnsafeBytes { raw in
      switch type {
      case .f32: raw.bindMemory(to: Float.self).map { $0 }
      case .f16: raw.bindMemory(to: Float16.self).map(Float.init)
      default: raw.bindMemory(to: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
      }
    }
  }

  @Test("a file that is there is not overwritten, and one that is given up is removed")
  func nothingIsLeftBehind() throws {
    let folder = try ScratchFolder()
    let model = try RandomCheckpoint(shape: Self.shape, types: .one(.q8_0), seed: 1)
    let taken = try folder.write([1, 2, 3], as: "taken.gguf")
    #expect(throws: FileWriteError.self) { try model.write(to: taken) { _ in } }
    #expect(try Data(contentsOf: URL(fileURLWithPath: taken)).count == 3)
    let path = folder.url.appendingPathComponent("given-up.gguf").path
    #expect(throws: CancellationError.self) { try model.write(to: path) { _ in throw CancellationError() } }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("known shapes have the sizes of the models they are named for")
  func knownShapes() throws {
    let parameters = [
      "TinyLlama-1.1B": 1.1, "llama-3.2-1b": 1.24, "Llama-2-7B": 6.74, "Llama-3-8B": 8.03, "Llama-2-70B": 69,
      "Qwen3-30B-A3B": 30.5, "Mixtral-8x7B": 46.7, "gpt-oss-20b": 20.9, "gpt-oss-120b": 116.8,
    ]
    for (name, billions) in parameters {
      let shape = try #require(ModelShape.named(name))
      let bytes = try RandomCheckpoint(shape: shape, types: .one(.f16), seed: 0).byteCount
      #expect(abs(Double(bytes) / 2e9 - billions) < 0.02 * billions, "\(name)")
    }
    #expect(ModelShape.named("Llama") == nil)
  }
}
