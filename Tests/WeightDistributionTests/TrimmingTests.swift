import Fixtures
import Foundation
import Testing
import Wire

@testable import WeightDistribution

@Suite("Tidying a cache")
struct TrimmingTests {
  private func put(_ byte: UInt8, in cache: BlobStore, used: Int) throws -> HashedContent {
    let bytes = [UInt8](repeating: byte, count: 1000)
    let content = try HashedContent.of(bytes)
    let fill = try cache.fill(content)
    try fill.takeAll(bytes)
    try fill.finish()
    let times = [timespec(tv_sec: used, tv_nsec: 0), timespec(tv_sec: used, tv_nsec: 0)]
    #expect(utimensat(AT_FDCWD, cache.path(of: content.id), times, 0) == 0)
    return content
  }

  @Test("what was used longest ago goes first, and only as much as has to")
  func oldestFirst() throws {
    let folder = try ScratchFolder()
    let cache = BlobStore(folder: folder.url.path)
    let (old, kept, new) = (
      try put(1, in: cache, used: 100), try put(2, in: cache, used: 200), try put(3, in: cache, used: 300)
    )
    #expect(try cache.entries().map(\.id) == [old.id, kept.id, new.id])
    // Using it makes it the newest.
    #expect(try cache.holds(old))
    #expect(try cache.trim(to: 2999, keeping: [kept.id]) == 1000)
    #expect(try cache.entries().map(\.id) == [kept.id, old.id])
    #expect(try cache.trim(to: 0, keeping: [kept.id]) == 1000)
    #expect(try cache.trim(to: 0) == 1000)
    #expect(try cache.entries().isEmpty)
  }

  @Test("what is being filled stays, what was left half filled goes")
  func halfFilled() throws {
    let folder = try ScratchFolder()
    let cache = BlobStore(folder: folder.url.path)
    let bytes = [UInt8](repeating: 9, count: WireLimits.blockByteCount + 1)
    let content = try HashedContent.of(bytes)
    try {
      let fill = try cache.fill(content)
      #expect(try fill.take(1, of: bytes))
      #expect(try cache.trim(to: 0) == 0)
    }()
    #expect(try cache.trim(to: 0) > 0)
    #expect(try cache.entries().isEmpty)
  }

  @Test("names that are none are listed and cleared, and a folder that is not there holds nothing")
  func strangeNames() throws {
    let folder = try ScratchFolder()
    let cache = BlobStore(folder: folder.url.path)
    #expect(try cache.entries().isEmpty)
    try FileManager.default.createDirectory(atPath: cache.weightFolder, withIntermediateDirectories: true)
    try Data([1]).write(to: URL(fileURLWithPath: "\(cache.weightFolder)/" + String(repeating: "G", count: 64)))
    #expect(try cache.entries().map(\.id) == [nil])
    #expect(try cache.trim(to: 0) == 1)
  }
}
