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
  private let scratch: ScratchFolder
  private let checkpoint: Checkpoint
  private let manifest: WeightCache.StoredManifest

  init() throws {
    scratch = try ScratchFolder()
    let path = scratch.path("model.gguf")
    // Its feed-forward matrices are larger than one piece.
    let shape = ModelShape(name: "small", configuration: .small(layers: 1, hidden: 512, feedForward: 600))
    try RandomCheckpoint(shape: shape, types: .one(.f32), seed: 5).write(to: path) { _ in }
    checkpoint = try Checkpoint(path: path)
    let model = try SharedModel(
      ModelContents(
        files: checkpoint.contents.map {
          .init(name: $0.name, path: $0.path, byteCount: $0.byteCount, headerByteCount: $0.headerByteCount)
        },
        tensors: checkpoint.tensors.map {
          .init(name: $0.name, fileIndex: $0.fileIndex, offset: $0.offset, byteCount: $0.byteCount ?? 0)
        }), cache: nil) { _ in }
    model.prepare(threadCount: 1)
    while case .inTheMaking = model.news { usleep(500) }
    guard case .ready(let id, let byteCount) = model.news else { throw CancellationError() }
    let bytes = try Self.read(model, ContentRange(content: id, offset: 0, byteCount: byteCount))
    manifest = try #require(WeightCache.StoredManifest(bytes: bytes))
  }

  private static func read(_ shelf: any ContentShelf, _ range: ContentRange) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.byteCount)
    let reader = try shelf.reader(of: range)
    try bytes.withUnsafeMutableBytes { try reader.fill($0) }
    return bytes
  }

  private var contents: [HashedContent] {
    manifest.manifest.files.map(\.header) + manifest.manifest.tensors.map(\.content)
  }

  private func expectAll(of held: HeldWeights, _ contents: [HashedContent]) throws {
    for content in contents {
      for (index, range) in content.ranges(ofPieces: 0..<content.pieceCount).enumerated() {
        let bytes = try Self.read(held, range)
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
    let cache = WeightCache(folder: scratch.path("cache"))
    let model = HeldWeights()
    model.offer(manifest, cache: nil)
    model.offer(checkpoint, of: manifest)
    for content in contents.prefix(3) {
      let fill = try cache.fill(content)
      for (index, range) in content.ranges(ofPieces: 0..<content.pieceCount).enumerated() {
        let isTaken = try Self.read(model, range).withUnsafeBytes { try fill.take(index, $0) }
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
      try Self.read(held, ContentRange(content: other, offset: 0, byteCount: 3))
    }
    for (offset, byteCount) in [(contents[0].byteCount, 1), (-1, 1), (Int.max, 1), (0, WireLimits.pieceByteCount + 1)] {
      #expect(throws: SharingError.self) {
        _ = try held.reader(of: ContentRange(content: contents[0].id, offset: offset, byteCount: byteCount))
      }
    }
  }
}
