import Attention
import CAllocationCount
import Core
import Fixtures
import Paging
import Tensors
import Testing
import Transformer
import Weights

@Suite("The forward pass allocates nothing")
struct ForwardAllocationTests {
  /// The demonstration model, which is part of the project.
  private static var modelPath: String {
    "\(#filePath)".replacing("Tests/TransformerTests/ForwardAllocationTests.swift", with: "")
      + "Sources/longhaul/Resources/longhaul-demo.gguf"
  }

  /// Allocations of every thread of the pool since it began.
  private func counts(_ pool: ComputePool) throws -> [Int64] {
    let counts = try AlignedBuffer<Int64>(count: pool.threadCount)
    let base = counts.baseAddress
    pool.run { thread, _ in base[thread] = lh_allocation_count() }
    return Array(counts.elements)
  }

  @Test("neither a chunk nor a decode step allocates, on any thread", .needsAllocationCount, arguments: [1, 2, 5])
  func allocatesNothing(threads: Int) throws { try run(Self.modelPath, threads: threads) }

  @Test("nor does one of a model with experts", .needsAllocationCount, arguments: [1, 2, 5])
  func allocatesNothingForExperts(threads: Int) throws {
    let folder = try ScratchFolder()
    let experts = ExpertsShape(expertCount: 9, usedCount: 2, size: 64, router: RouterRule(.softmaxOfChosen))
    let shape = ModelShape(name: "experts", configuration: .small().withExperts(experts))
    try RandomCheckpoint(shape: shape, types: .one(.q4_0), seed: 1).write(to: folder.path("model.gguf")) { _ in }
    try run(folder.path("model.gguf"), threads: threads)
  }

  private func run(_ path: String, threads: Int) throws {
    let checkpoint = try Checkpoint(path: path)
    let configuration = try checkpoint.configuration
    let layers = try #require(LayerRange(lower: 0, upper: configuration.layerCount))
    let policy = try #require(
      PositionPolicy(groupSize: 8, neighborWindow: 32, trainedLength: configuration.trainedLength))
    let pool = try ComputePool(threadCount: threads)
    let stage = try PipelineStage(
      configuration: configuration,
      weights: try StageWeights(checkpoint, layers: layers, hasEmbedding: true, hasHead: true), pageCount: 40,
      kvElementType: .i16, contextLength: 2048, rowCapacity: 256, pool: pool)
    let neighborCount = PageCount.ofRing(policy: policy, chunkTokenCount: 256)
    var cache = SequenceCache(policy: policy, neighborPages: (0..<neighborCount).map { PageID(UInt32($0)) })
    let pages = (neighborCount..<40).map { PageID(UInt32($0)) }
    #expect(cache.extend(start: 0, tokenCount: 256, newPages: pages) == nil)
    var entries = [CacheEntry(cache: cache, firstRow: 0, rowCount: 256)]

    /// Runs the rows and returns how often each thread allocated meanwhile.
    func step(rows: Int) throws -> [Int64] {
      for row in 0..<rows { stage.embed(TokenID(row % configuration.vocabularySize), row: row) }
      let before = try counts(pool)
      // The calling thread allocates between the two looks at the pool, for the looks' own sake.
      let ownBefore = lh_allocation_count()
      stage.forward(entries: entries, rows: rows) {}
      let own = lh_allocation_count() - ownBefore
      return [own] + zip(try counts(pool), before).dropFirst().map { $0 - $1 }
    }
    _ = try step(rows: 256)  // Grows what grows once.
    for start in stride(from: 256, to: 1280, by: 256) {
      #expect(cache.extend(start: start, tokenCount: 256, newPages: []) == nil)
      entries = [CacheEntry(cache: cache, firstRow: 0, rowCount: 256)]
      let grown = try step(rows: 256)
      #expect(grown.allSatisfy { $0 == 0 }, "\(grown) at \(start)")
    }
    for start in 1280..<1300 {
      #expect(cache.extend(start: start, tokenCount: 1, newPages: []) == nil)
      entries = [CacheEntry(cache: cache, firstRow: 0, rowCount: 1)]
      let grown = try step(rows: 1)
      #expect(grown.allSatisfy { $0 == 0 }, "\(grown) at \(start)")
    }
  }

  @Test("the counter counts", .needsAllocationCount)
  func counts() throws {
    let before = lh_allocation_count()
    let array = [Int](repeating: 0, count: 1000)
    #expect(lh_allocation_count() > before)
    #expect(array.count == 1000)
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips a test where the C library's allocator cannot be wrapped.
  fileprivate static var needsAllocationCount: Self {
    .enabled(if: lh_counts_allocations(), "allocations cannot be counted with this C library")
  }
}
