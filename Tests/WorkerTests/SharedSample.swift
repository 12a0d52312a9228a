import Fixtures
import Foundation
import Inference
import Provisioning
import Testing
import Weights
import Wire

/// A model of one layer in a file, as a coordinator shares it.
struct SharedSample {
  let scratch: ScratchFolder
  let checkpoint: Checkpoint
  let manifest: WeightCache.StoredManifest
  private let model: SharedModel

  init() throws {
    scratch = try ScratchFolder()
    let path = scratch.path("model.gguf")
    // Its feed-forward matrices are larger than one piece.
    let shape = ModelShape(name: "small", configuration: .small(layers: 1, hidden: 512, feedForward: 600))
    try RandomCheckpoint(shape: shape, types: .one(.f32), seed: 5).write(to: path) { _ in }
    checkpoint = try Checkpoint(path: path)
    model = try SharedModel(
      ModelContents(
        files: checkpoint.contents.map {
          .init(name: $0.name, path: $0.path, byteCount: $0.byteCount, headerByteCount: $0.headerByteCount)
        },
        tensors: checkpoint.tensors.map {
          .init(name: $0.name, fileIndex: $0.fileIndex, offset: $0.offset, byteCount: $0.byteCount ?? 0)
        }), cache: nil
    ) { _ in }
    model.prepare(threadCount: 1)
    while case .inTheMaking = model.news { usleep(500) }
    guard case .ready(let id, let byteCount) = model.news else { throw CancellationError() }
    let bytes = try Self.read(model, ContentRange(content: id, offset: 0, byteCount: byteCount))
    guard let manifest = WeightCache.StoredManifest(bytes: bytes) else { throw CancellationError() }
    self.manifest = manifest
  }

  var news: ManifestNews { model.news }

  var contents: [HashedContent] {
    manifest.manifest.files.map(\.header) + manifest.manifest.tensors.map(\.content)
  }

  /// Of the whole model, to a worker that has not got its file.
  func assignment(epoch: UInt32) throws -> StageAssignment {
    StageAssignment(
      epoch: PlanEpoch(epoch), stageIndex: 0, stageCount: 1, layers: try #require(LayerRange(lower: 0, upper: 1)),
      modelPaths: ["/nonexistent"], modelFingerprint: checkpoint.fingerprint, nextEndpoint: "ipc:///tmp/none",
      kvElementType: .i16, pageCount: 1, contextLength: 64, maximumStepTokenCount: 16, sharesWeights: true)
  }

  /// All that the coordinator gives out, the manifest included.
  func table() throws -> [ContentID: [UInt8]] {
    var table = [manifest.id: manifest.bytes]
    for content in contents {
      table[content.id] = try content.ranges(ofPieces: 0..<content.pieceCount).flatMap { try Self.read(model, $0) }
    }
    return table
  }

  static func read(_ shelf: any ContentShelf, _ range: ContentRange) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.byteCount)
    let reader = try shelf.reader(of: range)
    try bytes.withUnsafeMutableBytes { try reader.fill($0) }
    return bytes
  }
}
