import Fixtures
import Foundation
import WeightDistribution
import Wire

/// A file laid out like a model's: a header and tensors, of sizes around those of blocks.
struct SampleModel {
  let contents: ModelContents
  let bytes: [UInt8]
  let path: String

  static let tensorByteCounts = [
    1, 4096, WireLimits.blockByteCount - 1, WireLimits.blockByteCount, WireLimits.blockByteCount + 1,
    3 * WireLimits.blockByteCount + 77,
  ]

  /// Writes it to `folder/model`.
  init(in folder: String, seed: UInt64 = 1) throws {
    var random = SeededGenerator(seed: seed)
    var bytes = (0..<333).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    var tensors: [ModelContents.Tensor] = []
    for (index, byteCount) in Self.tensorByteCounts.enumerated() {
      tensors.append(.init(name: "t\(index)", fileIndex: 0, offset: bytes.count, byteCount: byteCount))
      bytes += (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
    path = "\(folder)/model"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    self.bytes = bytes
    contents = ModelContents(
      files: [.init(name: "model", path: path, byteCount: bytes.count, headerByteCount: 333)], tensors: tensors)
  }

  func bytes(_ index: Int) -> [UInt8] {
    let tensor = contents.tensors[index]
    return Array(bytes[tensor.offset..<tensor.offset + tensor.byteCount])
  }

  /// The model, with its manifest made.
  func shared(cache: BlobStore? = nil, notes: @escaping @Sendable (String) -> Void = { _ in }) throws -> PublishedModel
  {
    let model = try PublishedModel(contents, cache: cache, note: notes)
    model.prepare(threadCount: 2)
    while case .inTheMaking = model.news { usleep(500) }
    return model
  }
}

extension HashedContent {
  /// As a manifest has it, computed the plain way.
  static func of(_ bytes: [UInt8]) throws -> HashedContent {
    var hashes: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: WireLimits.blockByteCount) {
      var hash = SHA256()
      hash.update(Array(bytes[start..<min(start + WireLimits.blockByteCount, bytes.count)]))
      hashes += hash.finalize()
    }
    guard let content = HashedContent(byteCount: bytes.count, blockHashes: hashes) else { throw CancellationError() }
    return content
  }
}

extension BlobFill {
  /// Takes one block of `bytes`.
  func take(_ index: Int, of bytes: [UInt8]) throws -> Bool {
    try bytes[content.range(ofBlock: index)].withUnsafeBytes { try take(index, $0) }
  }

  /// Takes all that is missing.
  func takeAll(_ bytes: [UInt8]) throws {
    for index in missing.sorted() { _ = try take(index, of: bytes) }
  }
}
