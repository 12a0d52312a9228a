import Fixtures
import Core
import Tensors
import Testing

@testable import Weights

@Suite struct StageWeightsTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  /// A packed matrix begins with the first number of its first row, as one in a file does.
  private func first(_ matrix: PackedMatrix) -> Float { matrix.bytes.load(as: Float.self) }

  @Test("A middle stage has its layers and nothing else")
  func middle() throws {
    let checkpoint = try folder.checkpoint(.tinyModel(layerCount: 3))
    let range = try #require(LayerRange(lower: 1, upper: 2))
    let weights = try StageWeights(checkpoint, layers: range, hasEmbedding: false, hasHead: false)
    #expect(weights.layers.count == 1)
    #expect(weights.embedding == nil && weights.head == nil && weights.outputNorm == nil)
    let layer = weights.layers[0]
    // Places in the directory: the embedding is 0, layer 1 begins at 10.
    #expect(first(layer.query) == 11_000)
    #expect(first(layer.key) == 12_000)
    #expect(first(layer.value) == 13_000)
    #expect(first(layer.output) == 14_000)
    #expect(first(layer.gate) == 16_000)
    #expect(first(layer.up) == 17_000)
    #expect(first(layer.down) == 18_000)
    #expect(layer.attentionNorm == [Float](repeating: 1, count: 8))
    #expect(layer.key.rowCount == 4 && layer.key.columnCount == 8)
    #expect(layer.down.rowCount == 8 && layer.down.columnCount == 12)
    #expect(try weights.byteCount == checkpoint.footprint.layers[1].weightByteCount)
  }

  @Test("A stage is the same from a file and from what is stored of it alone")
  func stored() throws {
    var writer = GGUFWriter.tinyModel(layerCount: 3, tied: false)
    // Without these not even the shape is known.
    writer.addOnes("rope_freqs.weight", 2)
    let whole = try folder.checkpoint(writer)
    let file = try #require(whole.contents.first)
    func store(_ name: String, _ range: Range<Int>) throws -> String {
      try folder.write(Array(writer.file[range]), as: name)
    }
    let headers = [
      StoredHeader(
        name: file.name, path: try store("header", 0..<file.headerByteCount), fileByteCount: file.byteCount)
    ]
    func opened(_ extents: [TensorExtent]) throws -> Checkpoint {
      try Checkpoint(
        headers: headers,
        tensors: extents.map { extent in
          let end = extent.offset + extent.byteCount
          return StoredTensor(name: extent.name, path: try store("t-\(extent.name)", extent.offset..<end))
        })
    }
    let bare = try opened([])
    #expect(throws: CheckpointError.self) { try bare.configuration }
    let shaping = try bare.shapingExtents
    #expect(shaping.map(\.name) == ["rope_freqs.weight"])
    for (lower, upper) in [(0, 1), (1, 2), (2, 3)] {
      let range = try #require(LayerRange(lower: lower, upper: upper))
      let needed = try opened(shaping).extents(layers: range, hasEmbedding: lower == 0, hasHead: upper == 3)
      let part = try opened(needed)
      #expect(part.fingerprint == whole.fingerprint)
      #expect(try part.configuration == whole.configuration)
      let (a, b) = (
        try StageWeights(part, layers: range, hasEmbedding: lower == 0, hasHead: upper == 3),
        try StageWeights(whole, layers: range, hasEmbedding: lower == 0, hasHead: upper == 3)
      )
      #expect(a.byteCount == b.byteCount)
      #expect(first(a.layers[0].down) == first(b.layers[0].down))
      #expect(a.embedding.map { Array($0.bytes) } == b.embedding.map { Array($0.bytes) })
      #expect(a.head.map { first($0.weight) } == b.head.map { first($0.weight) })
      // A stage learns of what it does not store, and does not read it.
      let other = try #require(LayerRange(lower: (lower + 1) % 3, upper: (lower + 1) % 3 + 1))
      let error = #expect(throws: CheckpointError.self) {
        _ = try StageWeights(part, layers: other, hasEmbedding: false, hasHead: false)
      }
      #expect(error?.problem.contains("not stored") ?? false)
    }
    // A stored tensor of another length is not taken.
    let wrong = StoredTensor(name: "output.weight", path: try store("wrong", 0..<10))
    #expect(throws: CheckpointError.self) { _ = try Checkpoint(headers: headers, tensors: [wrong]) }
  }

  @Test("A tied head is the embedding, counted once in a stage that has both")
  func tiedHead() throws {
    let checkpoint = try folder.checkpoint(.tinyModel())
    let range = try #require(LayerRange(lower: 0, upper: 2))
    let weights = try StageWeights(checkpoint, layers: range, hasEmbedding: true, hasHead: true)
    #expect(weights.head.map { first($0.weight) } == weights.embedding?.bytes.load(as: Float.self))
    let footprint = try checkpoint.footprint
    #expect(footprint.embeddingByteCount == 160)
    #expect(footprint.headByteCount == 160 + 32)
    #expect(weights.byteCount == footprint.layerByteCount + footprint.headByteCount)
    let last = try StageWeights(
      checkpoint, layers: #require(LayerRange(lower: 1, upper: 2)), hasEmbedding: false, hasHead: true)
    #expect(last.head?.weight.rowCount == 5)
    #expect(last.byteCount == footprint.layers[1].weightByteCount + footprint.headByteCount)
  }

  @Test("A head of its own is used when there is one")
  func untiedHead() throws {
    let checkpoint = try folder.checkpoint(.tinyModel(layerCount: 1, tied: false))
    #expect(try !checkpoint.configuration.hasTiedHead)
    let range = try #require(LayerRange(lower: 0, upper: 1))
    let weights = try StageWeights(checkpoint, layers: range, hasEmbedding: true, hasHead: true)
    #expect(weights.head.map { first($0.weight) } == 11_000)
    #expect(weights.embedding?.bytes.load(as: Float.self) == 0)
  }

  @Test("Norms in half precision are converted")
  func halfNorms() throws {
    var writer = GGUFWriter.tinyModel(layerCount: 1)
    writer.edit("blk.0.attn_norm.weight") {
      $0.type = 1
      $0.bytes = [0, 0x3C, 0, 0xC0] + [UInt8](repeating: 0, count: 12)  // 1, -2, zeros
    }
    writer.edit("blk.0.ffn_norm.weight") {
      $0.type = 30
      $0.bytes = [0x80, 0x3F, 0, 0xC0] + [UInt8](repeating: 0, count: 12)
    }
    let range = try #require(LayerRange(lower: 0, upper: 1))
    let layer = try StageWeights(
      folder.checkpoint(writer), layers: range, hasEmbedding: false, hasHead: false
    ).layers[0]
    #expect(layer.attentionNorm == [1, -2, 0, 0, 0, 0, 0, 0])
    #expect(layer.feedForwardNorm == [1, -2, 0, 0, 0, 0, 0, 0])
  }

  @Test("A norm that is not finite is refused by the stage that has it, and by no other")
  func notFinite() throws {
    var writer = GGUFWriter.tinyModel()
    writer.edit("blk.1.ffn_norm.weight") { $0.bytes[2...3] = [0xC0, 0x7F] }
    let checkpoint = try folder.checkpoint(writer)
    let sound = try #require(LayerRange(lower: 0, upper: 1))
    _ = try StageWeights(checkpoint, layers: sound, hasEmbedding: true, hasHead: false)
    let broken = try #require(LayerRange(lower: 1, upper: 2))
    let error = #expect(throws: CheckpointError.self) {
      try StageWeights(checkpoint, layers: broken, hasEmbedding: false, hasHead: true)
    }
    #expect(
      error?.description.contains("tensor 'blk.1.ffn_norm.weight' has a number that is not finite") == true)
  }

  @Test("Layers beyond the model's are refused")
  func beyond() throws {
    let checkpoint = try folder.checkpoint(.tinyModel())
    let range = try #require(LayerRange(lower: 1, upper: 3))
    let error = #expect(throws: CheckpointError.self) {
      try StageWeights(checkpoint, layers: range, hasEmbedding: false, hasHead: false)
    }
    #expect(error?.description.contains("has 2 layers, and layers [1, 3) were asked for") == true)
  }

  @Test("Loading reports its progress, ascending to 1, and stops on demand")
  func progress() throws {
    let checkpoint = try folder.checkpoint(.tinyModel())
    let range = try #require(LayerRange(lower: 0, upper: 2))
    var shares: [Double] = []
    _ = try StageWeights(checkpoint, layers: range, hasEmbedding: true, hasHead: true) { shares.append($0) }
    #expect(shares.count == 15 && shares.last == 1)
    #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 < $1 })
    struct Stopped: Error {}
    var calls = 0
    #expect(throws: Stopped.self) {
      try StageWeights(checkpoint, layers: range, hasEmbedding: true, hasHead: true) { _ in
        calls += 1
        throw Stopped()
      }
    }
    #expect(calls == 1)
  }

  @Test("Packing lays 16 rows side by side, element by element, and fills up with zeros")
  func packing() throws {
    let checkpoint = try folder.checkpoint(.tinyModel())
    let range = try #require(LayerRange(lower: 0, upper: 1))
    let pool = try ComputePool(threadCount: 2)
    let weights = try StageWeights(checkpoint, layers: range, hasEmbedding: true, hasHead: true, pool: pool)
    let key = weights.layers[0].key
    for column in 0..<key.columnCount {
      for row in 0..<16 {
        let packed = key.bytes.load(fromByteOffset: 4 * (16 * column + row), as: Float.self)
        #expect(packed == (row < 4 ? 3000 + Float(row * 8 + column) : 0))
      }
    }
    // Eight matrices of 16 features at least: six of 8 columns, one of 12, and the head.
    #expect(weights.packedByteCount == 4 * 16 * (7 * 8 + 12))
  }

  @Test("Where memory is slow, matrices stay rows of the file until they are packed, to the same bytes")
  func unpacked() throws {
    let checkpoint = try folder.checkpoint(.tinyModel())
    let range = try #require(LayerRange(lower: 0, upper: 2))
    let pool = try ComputePool(threadCount: 2)
    var shares: [Double] = []
    let weights = try StageWeights(
      checkpoint, layers: range, hasEmbedding: true, hasHead: true, pool: pool, pace: AllocationMonitor(patience: -1)
    ) { shares.append($0) }
    #expect(shares.count == 15 && shares.last == 1 && shares == shares.sorted())
    #expect(!weights.isPacked && weights.matrices.count == 15)
    // All but the norms: two a layer, and the head's.
    #expect(weights.unpackedByteCount == weights.byteCount - 5 * 8 * 4)
    let rows = try #require(weights.layers[1].down.unpacked)
    #expect(rows.byteCount == 48 && rows.start.load(fromByteOffset: 48, as: Float.self) == 18_012)
    var packedCounts: [Int] = []
    while !weights.isPacked {
      weights.packMore(for: .zero, pool: pool) {}
      packedCounts.append(weights.matrices.count { $0.unpacked == nil })
    }
    #expect(packedCounts == packedCounts.sorted() && packedCounts.first == 0 && packedCounts.last == 15)
    #expect(weights.unpackedByteCount == 0)
    let atOnce = try StageWeights(checkpoint, layers: range, hasEmbedding: true, hasHead: true)
    for (one, other) in zip(weights.matrices, atOnce.matrices) {
      let count = 4 * 16 * one.columnCount
      #expect(
        UnsafeRawBufferPointer(start: one.bytes, count: count)
          .elementsEqual(UnsafeRawBufferPointer(start: other.bytes, count: count)))
    }
  }

  @Test("Weights outlive the checkpoint they came from")
  func lifetime() throws {
    let range = try #require(LayerRange(lower: 0, upper: 2))
    var checkpoint: Checkpoint? = try folder.checkpoint(.tinyModel())
    let weights = try StageWeights(#require(checkpoint), layers: range, hasEmbedding: true, hasHead: true)
    checkpoint = nil
    #expect(weights.embedding?.bytes.load(as: Float.self) == 0)
    #expect(weights.layers.map { first($0.query) } == [2000, 11_000])
  }
}
