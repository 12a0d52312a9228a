import Fixtures
import Foundation
import Core
import WeightDistribution
import Testing
import Weights
import Wire

@testable import Worker

@Suite("What a worker gives to others")
struct LocalBlobsTests {
  private let model: SharedSample
  private var checkpoint: Checkpoint { model.checkpoint }
  private var manifest: BlobStore.StoredManifest { model.manifest }
  private var contents: [HashedContent] { model.contents }

  init() throws {
    model = try SharedSample()
  }

  private func expectAll(of blobs: LocalBlobs, _ contents: [HashedContent]) throws {
    for content in contents {
      for (index, range) in content.ranges(ofBlocks: 0..<content.blockCount).enumerated() {
        let bytes = try SharedSample.read(blobs, range)
        #expect(bytes.withUnsafeBytes { content.isBlock(index, $0) })
      }
    }
  }

  @Test("all of its own file of the model, in blocks that have the manifest's hashes")
  func file() throws {
    let blobs = LocalBlobs()
    blobs.offer(manifest, store: nil)
    #expect(contents.contains { $0.blockCount > 1 })
    #expect(throws: BlobSourceError.unknown(contents[0].id)) { try expectAll(of: blobs, contents) }
    blobs.offer(checkpoint.modelContents, of: manifest)
    try expectAll(of: blobs, contents)
    // Saying the same again takes nothing back.
    blobs.offer(manifest, store: nil)
    try expectAll(of: blobs, contents)
  }

  @Test("what its cache has of the model, and nothing else that lies there")
  func cache() throws {
    let cache = BlobStore(folder: model.scratch.path("cache"))
    let whole = LocalBlobs()
    whole.offer(manifest, store: nil)
    whole.offer(checkpoint.modelContents, of: manifest)
    for content in contents.prefix(3) {
      let fill = try cache.fill(content)
      for (index, range) in content.ranges(ofBlocks: 0..<content.blockCount).enumerated() {
        let isTaken = try SharedSample.read(whole, range).withUnsafeBytes { try fill.take(index, $0) }
        #expect(isTaken)
      }
      try fill.finish()
    }
    let blobs = LocalBlobs()
    blobs.offer(manifest, store: cache)
    try expectAll(of: blobs, Array(contents.prefix(3)))
    #expect(throws: DiskError.self) { try expectAll(of: blobs, [contents[3]]) }
    // Of another model, or part of none.
    let other = ContentID(of: [1, 2, 3])
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: cache.path(of: other)))
    #expect(throws: BlobSourceError.unknown(other)) {
      try SharedSample.read(blobs, ContentRange(content: other, offset: 0, byteCount: 3))
    }
    for (offset, byteCount) in [(contents[0].byteCount, 1), (-1, 1), (Int.max, 1), (0, WireLimits.blockByteCount + 1)] {
      #expect(throws: BlobSourceError.self) {
        _ = try blobs.reader(of: ContentRange(content: contents[0].id, offset: offset, byteCount: byteCount))
      }
    }
  }
}
