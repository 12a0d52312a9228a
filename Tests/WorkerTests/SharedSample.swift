import Fixtures
import Foundation
import Core
import WeightDistribution
import Tensors
import Testing
import Weights
import Wire
import Worker

/// A model of one layer in a file, as a coordinator shares it.
struct SharedSample {
  let scratch: ScratchFolder
  let checkpoint: Checkpoint
  let manifest: BlobStore.StoredManifest
  private let model: PublishedModel

  init() throws {
    scratch = try ScratchFolder()
    let path = scratch.path("model.gguf")
    // Its feed-forward matrices are larger than one block.
    let shape = ModelShape(name: "small", configuration: .small(layers: 1, hidden: 512, feedForward: 600))
    try RandomCheckpoint(shape: shape, types: .one(.f32), seed: 5).write(to: path) { _ in }
    checkpoint = try Checkpoint(path: path)
    model = try PublishedModel(checkpoint.modelContents, cache: nil) { _ in }
    model.prepare(threadCount: 1)
    while case .inTheMaking = model.news { usleep(500) }
    guard case .ready(let id, let byteCount) = model.news else { throw CancellationError() }
    let bytes = try Self.read(model, ContentRange(content: id, offset: 0, byteCount: byteCount))
    guard let manifest = BlobStore.StoredManifest(bytes: bytes) else { throw CancellationError() }
    self.manifest = manifest
  }

  var news: ManifestNews { model.news }

  var contents: [HashedContent] {
    manifest.manifest.files.map(\.header) + manifest.manifest.tensors.map(\.content)
  }

  /// Of the whole model, to a worker that has not got its file.
  func assignment(epoch: UInt32) throws -> StageAssignment {
    StageAssignment(
      epoch: PlanEpoch(epoch),
      place: .init(index: 0, count: 1, layers: try #require(LayerRange(lower: 0, upper: 1))),
      model: .init(paths: ["/nonexistent"], fingerprint: checkpoint.versionFingerprint, isShared: true),
      cache: .init(elementType: .i16, pageCount: 1, contextLength: 64), links: .init(nextEndpoint: "ipc:///tmp/none"),
      maximumStepTokenCount: 16)
  }

  /// All that the coordinator gives out, the manifest included.
  func table() throws -> [ContentID: [UInt8]] {
    var table = [manifest.id: manifest.bytes]
    for content in contents {
      table[content.id] = try content.ranges(ofBlocks: 0..<content.blockCount).flatMap { try Self.read(model, $0) }
    }
    return table
  }

  static func read(_ shelf: any BlobSource, _ range: ContentRange) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.byteCount)
    let reader = try shelf.reader(of: range)
    try bytes.withUnsafeMutableBytes { try reader.fill($0) }
    return bytes
  }
}
