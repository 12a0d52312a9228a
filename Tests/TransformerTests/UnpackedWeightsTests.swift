import Fixtures
import Core
import Tensors
import Testing
import Transformer
import Weights

@Suite("Weights that are not packed yet")
struct UnpackedWeightsTests {
  /// A vocabulary that ends in the middle of a panel, and matrices that end in the middle of a thread's share.
  private static let shape = ModelShape(name: "small", configuration: .small(vocabulary: 309))
  private static let tokens = (0..<40).map { TokenID(($0 * 37 + 11) % 309) }
  /// A machine whose memory is slower than anybody would wait for.
  private static let slow = AllocationMonitor(patience: -1)

  private func chain(_ path: String, threads: Int, pace: AllocationMonitor?) throws -> StageChain {
    try StageChain(
      path: path, stageCount: 2, policy: (4, 16), kv: .i16, threads: threads, context: 128, chunk: 16, pace: pace)
  }

  /// The bits of the logits after each of several steps, chunks first; `between` happens before each.
  private func logits(_ chain: inout StageChain, between: (StageChain) -> Void = { _ in }) throws -> [[UInt32]] {
    var result: [[UInt32]] = []
    var start = 0
    for count in [16, 15] + [Int](repeating: 1, count: 9) {
      between(chain)
      result.append(try chain.read(Self.tokens[start..<start + count]).map(\.bitPattern))
      start += count
    }
    return result
  }

  @Test(
    "give the same bytes as packed ones, in chunks and single steps, for every type",
    arguments: ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q8_0", "Q4_K_M", "Q5_K", "Q2_K"])
  func sameBytes(type: String) throws {
    let folder = try ScratchFolder()
    let path = folder.path("model.gguf")
    let types = try #require(RandomTypes(type))
    try compare(Self.shape, types, path)
  }

  @Test("give the same bytes as packed ones where they are experts', of which a thread packs some rows")
  func sameBytesOfExperts() throws {
    let folder = try ScratchFolder()
    let experts = ExpertsShape(expertCount: 7, usedCount: 3, size: 224, router: RouterRule(.softmaxOfChosen))
    let shape = ModelShape(
      name: "experts", configuration: .small(vocabulary: 309).withExperts(experts))
    try compare(shape, .one(.q4_0), folder.path("model.gguf"))
  }

  private func compare(_ shape: ModelShape, _ types: RandomTypes, _ path: String) throws {
    try RandomCheckpoint(shape: shape, types: types, seed: 3).write(to: path) { _ in }
    var packed = try chain(path, threads: 1, pace: nil)
    #expect(packed.isPacked == [true, true])
    let expected = try logits(&packed)
    #expect(Set(expected).count == expected.count)
    for threads in [1, 2, 5] {
      var unpacked = try chain(path, threads: threads, pace: Self.slow)
      #expect(unpacked.isPacked == [false, false])
      #expect(try logits(&unpacked) == expected, "\(threads) threads")
      #expect(unpacked.isPacked == [false, false])
    }
  }

  @Test("give the same bytes while they are packed piece by piece between steps, and afterwards")
  func sameBytesMeanwhile() throws {
    let folder = try ScratchFolder()
    let path = folder.path("model.gguf")
    try RandomCheckpoint(shape: Self.shape, types: .q4KM, seed: 3).write(to: path) { _ in }
    var packed = try chain(path, threads: 2, pace: nil)
    let expected = try logits(&packed)
    var unpacked = try chain(path, threads: 2, pace: Self.slow)
    var pieces = 0
    let result = try logits(&unpacked) { chain in
      // Three pieces a step: some steps find a matrix's memory present, and the matrix not packed.
      for stage in chain.stages { for _ in 0..<3 { stage.packMore(for: .zero) { pieces += 1 } } }
    }
    #expect(result == expected)
    #expect(pieces > 20 && unpacked.isPacked == [true, true])
    let counted = pieces
    for stage in unpacked.stages { stage.packMore(for: .zero) { pieces += 1 } }
    #expect(pieces == counted)
  }
}
