import ArgumentParser
import Cluster
import Core
import Testing

@testable import longhaul

@Suite("What a server on one machine takes of its memory")
struct LocalCapacityTests {
  /// Two layers of 1 MB, 2 KV heads of 16, trained on 1,024 tokens.
  private static let model = ModelConfiguration(
    name: "small", architecture: "llama", layerCount: 2, hiddenSize: 64, feedForwardSize: 128, queryHeadCount: 4,
    keyValueHeadCount: 2, headDimension: 16, vocabularySize: 100, trainedLength: 1024, normEpsilon: 1e-5,
    rope: RopeConfiguration(base: 10000, rotaryDimension: 16, layout: .halfSplit, scaling: .none),
    hasTiedHead: false)
  private static let weights = WeightFootprint(
    layerByteCounts: [1 << 20, 1 << 20], embeddingByteCount: 1 << 16, headByteCount: 1 << 16)
  /// What the process and the weights take: 1,024 positions, steps of a chunk and sixteen sequences.
  private static func fixedByteCount(_ cache: KVCacheOptions) -> Int {
    let scratch = StageScratch(
      model, layers: 0..<2, hasHead: true, rowCapacity: cache.maximumChunkTokenCount + 16, contextLength: 1024)
    return (128 << 20) + scratch.byteCount + (2 << 20) + (2 << 16)
  }

  /// - Parameter byteCount: besides process and weights.
  private func capacity(
    _ byteCount: Int, context: Int? = nil, sequences: Int? = nil
  ) throws -> (context: Int, sequences: Int, kv: Int) {
    var cache = try KVCacheOptions.parse([])
    cache.context = context
    let options = LocalClusterOptions(
      workers: 1, threads: 1, memory: ByteSize(byteCount: Self.fixedByteCount(cache) + byteCount))
    let capacity = try LocalCapacity(
      model: Self.model, weights: Self.weights, cache: cache, sequences: sequences, policy: PolicyRequest(),
      workers: options.resources())
    return (
      capacity.demand.contextLength, capacity.demand.sequenceCount, capacity.plan.stages.map(\.kvByteCount).reduce(0, +)
    )
  }

  private static let longest = PolicyChoice.longestAutomaticLength(trainedLength: 1024, window: nil)

  @Test("with memory to spare: the longest context that the policy admits, for sixteen sequences")
  func plenty() throws {
    let found = try capacity(8 << 30)
    #expect(found.context == Self.longest && found.sequences == 16)
  }

  @Test("the context grows with memory, and never beyond it; sequences give way before the trained context does")
  func steps() throws {
    var last = (context: 0, sequences: 0)
    var counts: Set<Int> = []
    for megabytes in [1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128, 512] {
      let found = try capacity(megabytes << 20)
      #expect(found.kv <= megabytes << 20)
      #expect(found.context >= 1024 || found.sequences == 1)
      #expect(found.sequences >= last.sequences)
      if found.sequences == last.sequences { #expect(found.context >= last.context) }
      last = (found.context, found.sequences)
      counts.insert(found.sequences)
    }
    #expect(counts.count > 2)
  }

  @Test("what the operator gave is kept, and the rest follows from it")
  func given() throws {
    let context = try capacity(64 << 20, context: 2048)
    #expect(context.context == 2048 && context.sequences > 1)
    let sequences = try capacity(64 << 20, sequences: 3)
    #expect(sequences.sequences == 3 && sequences.context > 1024)
    let both = try capacity(64 << 20, context: 512, sequences: 2)
    #expect(both.context == 512 && both.sequences == 2)
  }

  @Test("what does not fit is refused with what would be enough")
  func tooLittle() {
    #expect(throws: InfeasiblePlan.self) { try capacity(64 << 20, context: 1 << 20, sequences: 16) }
    let none = #expect(throws: InfeasiblePlan.self) { try capacity(-(1 << 20)) }
    #expect(none?.remedies.isEmpty == false)
  }

  @Test("a service leaves a quarter of a machine's free memory, and takes what a control group leaves but a sixteenth")
  func share() {
    #expect(HostMemory(freeByteCount: 1600, groupByteCount: nil).serviceByteCount == 1200)
    #expect(HostMemory(freeByteCount: 1600, groupByteCount: 1600).serviceByteCount == 1500)
    #expect(HostMemory(freeByteCount: 1600, groupByteCount: 3200).serviceByteCount == 1200)
  }
}
