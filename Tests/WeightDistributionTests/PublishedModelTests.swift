import Fixtures
import Foundation
import Synchronization
import Testing
import Wire

@testable import WeightDistribution

@Suite("A model that is given out")
struct PublishedModelTests {
  private func manifest(_ model: PublishedModel) throws -> ModelManifest {
    guard case .ready(let id, let byteCount) = model.news else { throw CancellationError() }
    var bytes: [UInt8] = []
    while bytes.count < byteCount {
      let count = min(WireLimits.blockByteCount, byteCount - bytes.count)
      bytes += try read(model, ContentRange(content: id, offset: bytes.count, byteCount: count))
    }
    #expect(ContentID(of: bytes) == id)
    return try bytes.withUnsafeBytes { try ModelManifest(decoding: $0) }
  }

  private func read(_ model: PublishedModel, _ range: ContentRange) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.byteCount)
    let reader = try model.reader(of: range)
    try bytes.withUnsafeMutableBytes { try reader.fill($0) }
    return bytes
  }

  @Test("its manifest has the hashes of every tensor, and every range within one can be read")
  func manifestAndRanges() throws {
    let folder = try ScratchFolder()
    let sample = try SampleModel(in: folder.url.path)
    let model = try sample.shared()
    let manifest = try manifest(model)
    #expect(manifest.files.map(\.name) == ["model"])
    #expect(manifest.files[0].header == (try HashedContent.of(Array(sample.bytes.prefix(333)))))
    #expect(manifest.tensors.map(\.name) == sample.contents.tensors.map(\.name))
    for (index, tensor) in manifest.tensors.enumerated() {
      let bytes = sample.bytes(index)
      #expect(tensor.content.id == (try HashedContent.of(bytes)).id)
      var got: [UInt8] = []
      for range in tensor.content.ranges(ofBlocks: 0..<tensor.content.blockCount) { got += try read(model, range) }
      #expect(ContentID(of: got) == ContentID(of: bytes))
      let end = ContentRange(content: tensor.content.id, offset: bytes.count - 1, byteCount: 1)
      #expect(try read(model, end) == [bytes[bytes.count - 1]])
    }
  }

  @Test("nothing outside of a tensor can be read, whatever the numbers")
  func outside() throws {
    let folder = try ScratchFolder()
    let sample = try SampleModel(in: folder.url.path)
    let model = try sample.shared()
    let content = try manifest(model).tensors[1].content
    for (offset, byteCount) in [
      (4096, 1), (4095, 2), (0, 4097), (-1, 1), (Int.max, 1), (Int.max - 1, WireLimits.blockByteCount), (0, 0), (0, -1),
      (0, Int.max),
    ] {
      #expect(throws: BlobSourceError.self, "\(offset) \(byteCount)") {
        _ = try model.reader(of: ContentRange(content: content.id, offset: offset, byteCount: byteCount))
      }
    }
    let stranger = ContentID(of: [1, 2, 3])
    #expect(throws: BlobSourceError.unknown(stranger)) {
      _ = try model.reader(of: ContentRange(content: stranger, offset: 0, byteCount: 1))
    }
  }

  @Test("the manifest is made once for a version of the file, and again when the file or what was kept changes")
  func keptBesideIdentity() throws {
    let folder = try ScratchFolder()
    let cache = BlobStore(folder: "\(folder.url.path)/cache")
    let made = Mutex(0)
    func share(_ sample: SampleModel) throws -> PublishedModel {
      try sample.shared(cache: cache) { note in if note.hasPrefix("hashing") { made.withLock { $0 += 1 } } }
    }
    let sample = try SampleModel(in: folder.url.path)
    let first = try share(sample)
    #expect(made.withLock { $0 } == 1)
    #expect(try share(sample).news == first.news)
    #expect(made.withLock { $0 } == 1)
    // Other bytes of the same length.
    let other = try SampleModel(in: folder.url.path, seed: 2)
    #expect(try share(other).news != first.news)
    #expect(made.withLock { $0 } == 2)
    // What was kept is damaged.
    for name in try FileManager.default.contentsOfDirectory(atPath: cache.manifestFolder) {
      let url = URL(fileURLWithPath: "\(cache.manifestFolder)/\(name)")
      var bytes = try Data(contentsOf: url)
      bytes[bytes.count / 2] ^= 1
      try bytes.write(to: url)
    }
    #expect(try manifest(share(other)).tensors.count == SampleModel.tensorByteCounts.count)
    #expect(made.withLock { $0 } == 3)
  }

  @Test("a fault at any write of a manifest that is kept only has it made again", arguments: FaultyDisk.Fault.allCases)
  func faultAtEveryWrite(fault: FaultyDisk.Fault) throws {
    let folder = try ScratchFolder()
    let sample = try SampleModel(in: folder.url.path)
    guard case .ready(let id, _) = try sample.shared().news else { throw CancellationError() }
    var failing = 0
    while true {
      let place = "\(folder.url.path)/\(fault)-\(failing)"
      let disk = FaultyDisk(failing: failing, fault: fault)
      guard case .ready(id, _) = try sample.shared(cache: BlobStore(folder: place, disk: disk)).news else {
        throw CancellationError()
      }
      guard case .ready(id, _) = try sample.shared(cache: BlobStore(folder: place)).news else {
        throw CancellationError()
      }
      guard disk.hasFailed else { break }
      failing += 1
    }
    #expect(failing >= 6)
  }

  @Test("a file that shrinks, or was another when its header was read, is reported")
  func changedFile() throws {
    let folder = try ScratchFolder()
    let sample = try SampleModel(in: folder.url.path)
    let model = try sample.shared()
    let last = try #require(manifest(model).tensors.last)
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: sample.path))
    try file.truncate(atOffset: 400)
    try file.close()
    #expect(throws: BlobSourceError.changed("model")) {
      _ = try read(model, ContentRange(content: last.content.id, offset: 0, byteCount: 100))
    }
    #expect(throws: BlobSourceError.changed("model")) { _ = try sample.shared() }
  }

  @Test("a file that is replaced under its name changes nothing for those who fetch")
  func replacedFile() throws {
    let folder = try ScratchFolder()
    let sample = try SampleModel(in: folder.url.path)
    let model = try sample.shared()
    try FileManager.default.removeItem(atPath: sample.path)
    _ = try SampleModel(in: folder.url.path, seed: 9)
    let last = try #require(manifest(model).tensors.last)
    let range = ContentRange(content: last.content.id, offset: 5, byteCount: 100)
    #expect(try read(model, range) == Array(sample.bytes(SampleModel.tensorByteCounts.count - 1)[5..<105]))
  }
}
