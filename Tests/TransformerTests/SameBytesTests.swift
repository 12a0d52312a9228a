import Fixtures
import Core
import Testing
import Transformer
import Weights

@Suite("The same bytes however a model is divided")
struct SameBytesTests {
  private static let shape = ModelShape(name: "small", configuration: .small(vocabulary: 309))
  private static let tokens = (0..<40).map { TokenID(($0 * 37 + 11) % 309) }

  /// The bits of the logits after every eighth token, read in chunks of at most `chunk` that end there.
  private func logits(_ path: String, stages: Int, threads: Int, chunk: Int, kv: KVElementType) throws -> [[UInt32]] {
    var chain = try StageChain(
      path: path, stageCount: stages, policy: (4, 16), kv: kv, threads: threads, context: 128, chunk: chunk)
    var result: [[UInt32]] = []
    for start in stride(from: 0, to: Self.tokens.count, by: 8) {
      var last: [Float] = []
      for from in stride(from: start, to: start + 8, by: chunk) {
        last = try chain.read(Self.tokens[from..<min(from + chunk, start + 8)])
      }
      result.append(last.map(\.bitPattern))
    }
    return result
  }

  @Test(
    "weights of every type: stages, chunks and threads change nothing",
    arguments: RandomTypes.names)
  func weights(type: String) throws {
    let folder = try ScratchFolder()
    let path = folder.path("model.gguf")
    try writeAndCompare(Self.shape, type, path: path)
  }

  @Test(
    "layers with experts: stages, chunks and threads change nothing",
    arguments: ["F32", "BF16", "Q4_0", "MXFP4", "Q4_K_M"])
  func experts(type: String) throws {
    let folder = try ScratchFolder()
    let experts = ExpertsShape(
      expertCount: 5, usedCount: 2, size: 256, router: RouterRule(.softmaxOfAll),
      shared: SharedExpertShape(size: 512, isGated: true))
    var configuration = ModelConfiguration.small(vocabulary: 309).withExperts(experts)
    configuration.architecture = "qwen2moe"
    let shape = ModelShape(name: "experts", configuration: configuration)
    try writeAndCompare(shape, type, path: folder.path("model.gguf"))
  }

  private func writeAndCompare(_ shape: ModelShape, _ type: String, path: String) throws {
    let types = try #require(RandomTypes(type))
    try RandomCheckpoint(shape: shape, types: types, seed: 5).write(to: path) { _ in }
    let expected = try logits(path, stages: 1, threads: 1, chunk: 8, kv: .i16)
    #expect(Set(expected).count == expected.count)
    for (stages, threads, chunk) in [(2, 1, 1), (1, 2, 3), (2, 5, 7)] {
      #expect(
        try logits(path, stages: stages, threads: threads, chunk: chunk, kv: .i16) == expected,
        "\(stages) stages, \(threads) threads, chunks of \(chunk)")
    }
  }

  @Test("caches of every type: stages, chunks and threads change nothing", arguments: KVElementType.allCases)
  func caches(kv: KVElementType) throws {
    let folder = try ScratchFolder()
    let path = folder.path("model.gguf")
    try RandomCheckpoint(shape: Self.shape, types: .q4KM, seed: 5).write(to: path) { _ in }
    let expected = try logits(path, stages: 1, threads: 1, chunk: 8, kv: kv)
    for (stages, threads, chunk) in [(2, 1, 1), (1, 2, 3), (2, 5, 7)] {
      #expect(
        try logits(path, stages: stages, threads: threads, chunk: chunk, kv: kv) == expected,
        "\(stages) stages, \(threads) threads, chunks of \(chunk)")
    }
  }
}
