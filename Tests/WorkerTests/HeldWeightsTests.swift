import Fixtures
import Foundation
import Inference
import Provisioning
import Testing
import Weights
import Wire

@testable import Worker

@Suite("What a worker gives to others")
struct HeldWeightsTests {
  private let model: SharedSample
  private var checkpoint: Checkpoint { model.checkpoint }
  private var manifest: WeightCache.StoredManifest { model.manifest }
  private var contents: [HashedContent] { model.contents }

  init() throws {
    model = try SharedSample()
  }

  private func expectAll(of held: HeldWeights, _ contents: [HashedContent]) throws {
    for content in contents {
      for (index, range) in content.ranges(ofPieces: 0..<content.pieceCount).enumerated() {
        let bytes = try SharedSample.read(held, range)
        #expect(bytes.withUnsafeBytes { content.isPiece(index, $0) })
      }
    }
  }

  @Test("all of its own file of the model, in pieces that have the manifest's hashes")
  func file() throws {
    let held = HeldWeights()
    held.offer(manifest, cache: nil)
    #expect(contents.contains { $0.pieceCount > 1 })
    #expect(throws: SharingError.unknown(contents[0].id)) { try expectAll(of: held, contents) }
    held.offer(checkpoint, of: manifest)
    try expectAll(of: held, contents)
    // Saying the same again takes nothing back.
    held.offer(manifest, cache: nil)
    try expectAll(of: held, contents)
  }

  @Test("what its cache has of the model, and nothing else that lies there")
  func cache() throws {
    let cache = WeightCache(folder: model.scratch.path("cache"))
    let whole = HeldWeights()
    whole.offer(manifest, cache: nil)
    whole.offer(checkpoint, of: manifest)
    for content in contents.prefix(3) {
      let fill = try cache.fill(content)
      for (index, range) in content.ranges(ofPieces: 0..<content.pieceCount).enumerated() {
        let isTaken = try SharedSample.read(whole, range).withUnsafeBytes { try fill.take(index, $0) }
        #expect(isTaken)
      }
      try fill.finish()
    }
    let held = HeldWeights()
    held.offer(manifest, cache: cache)
    try expectAll(of: held, Array(contents.prefix(3)))
    #expect(throws: DiskError.self) { try expectAll(of: held, [contents[3]]) }
    // Of another model, or part of none.
    let other = ContentID(of: [1, 2, 3])
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: cache.path(of: other)))
    #expect(throws: SharingError.unknown(other)) {
      try SharedSample.read(held, ContentRange(content: other, offset: 0, byteCount: 3))
    }
    for (offset, byteCount) in [(contents[0].byteCount, 1), (-1, 1), (Int.max, 1), (0, WireLimits.pieceByteCount + 1)] {
      #expect(throws: SharingError.self) {
        _ = try held.reader(of: ContentRange(content: contents[0].id, offset: offset, byteCount: byteCount))
      }
    }
  }
}
