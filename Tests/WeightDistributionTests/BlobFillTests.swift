import Fixtures
import Foundation
import Testing
import Wire

@testable import WeightDistribution

@Suite("Filling a cache")
struct BlobFillTests {
  private let folder: ScratchFolder
  private let bytes: [UInt8]
  private let content: HashedContent

  init() throws {
    folder = try ScratchFolder()
    var random = SeededGenerator(seed: 7)
    bytes = (0..<3 * WireLimits.blockByteCount + 500).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    content = try HashedContent.of(bytes)
  }

  private func cache(_ disk: any Disk = PosixDisk()) -> BlobStore { BlobStore(folder: folder.url.path, disk: disk) }

  /// The id of what lies where the content should; a failure is then said without half a million bytes.
  private func stored(_ folder: String? = nil) -> ContentID? {
    let path = BlobStore(folder: folder ?? self.folder.url.path).path(of: content.id)
    return FileManager.default.contents(atPath: path).map { ContentID(of: $0) }
  }

  private var whole: ContentID { ContentID(of: bytes) }

  @Test("blocks in any order make the content, and only then is it there")
  func outOfOrder() throws {
    let cache = cache()
    #expect(try !cache.holds(content))
    let fill = try cache.fill(content)
    #expect(fill.missing == [0, 1, 2, 3])
    for index in [3, 0, 2] {
      #expect(try fill.take(index, of: bytes))
      #expect(stored() == nil)
    }
    #expect(fill.missingByteCount == WireLimits.blockByteCount)
    #expect(try fill.take(1, of: bytes))
    try fill.finish()
    #expect(stored() == whole)
    #expect(try cache.holds(content))
  }

  @Test("a block that lies is not taken")
  func lies() throws {
    let fill = try cache().fill(content)
    var wrong = bytes
    wrong[WireLimits.blockByteCount + 9] ^= 1
    #expect(try !fill.take(1, of: wrong))
    #expect(try !wrong.withUnsafeBytes { try fill.take(3, UnsafeRawBufferPointer(rebasing: $0[..<499])) })
    #expect(try !wrong.withUnsafeBytes { try fill.take(4, UnsafeRawBufferPointer(rebasing: $0[..<500])) })
    #expect(try !wrong.withUnsafeBytes { try fill.take(-1, UnsafeRawBufferPointer(rebasing: $0[..<500])) })
    #expect(fill.missing.count == 4)
  }

  @Test("a fill resumes what an earlier attempt left, except what has been damaged since")
  func resumes() throws {
    try {
      let fill = try cache().fill(content)
      for index in [0, 1, 3] { #expect(try fill.take(index, of: bytes)) }
    }()
    let part = "\(cache().path(of: content.id)).part"
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: part))
    try file.seek(toOffset: 100)
    try file.write(contentsOf: [bytes[100] ^ 1])
    try file.close()
    let fill = try cache().fill(content)
    #expect(fill.missing == [0, 2])
    try fill.takeAll(bytes)
    try fill.finish()
    #expect(stored() == whole)
    #expect(!FileManager.default.fileExists(atPath: part))
  }

  @Test("two that fill the same do not disturb each other")
  func twoAtOnce() throws {
    let (first, second) = (try cache().fill(content), try cache().fill(content))
    #expect(try first.take(0, of: bytes))
    try second.takeAll(bytes)
    try second.finish()
    #expect(stored() == whole)
    try first.takeAll(bytes)
    try first.finish()
    #expect(stored() == whole)
    #expect(try cache().entries().count == 1)
  }

  @Test("a cached file that is damaged, short or long is removed when it is first used", arguments: [0, 1, 2])
  func damaged(kind: Int) throws {
    let fill = try cache().fill(content)
    try fill.takeAll(bytes)
    try fill.finish()
    let path = cache().path(of: content.id)
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    switch kind {
    case 0:
      try file.seek(toOffset: 1_000_000)
      try file.write(contentsOf: [bytes[1_000_000] ^ 0x80])
    case 1: try file.truncate(atOffset: 1_000_000)
    default: try file.truncate(atOffset: UInt64(bytes.count + 1))
    }
    try file.close()
    #expect(try !cache().holds(content))
    #expect(stored() == nil)
  }

  @Test("a file that was found good is found damaged when it changes later")
  func changesLater() throws {
    let cache = cache()
    let fill = try cache.fill(content)
    try fill.takeAll(bytes)
    try fill.finish()
    #expect(try cache.holds(content))
    try Data(bytes.reversed()).write(to: URL(fileURLWithPath: cache.path(of: content.id)))
    #expect(try !cache.holds(content))
  }

  @Test(
    "a fault at any write, of any kind, leaves nothing that looks whole and is not",
    arguments: FaultyDisk.Fault.allCases)
  func faultAtEveryWrite(fault: FaultyDisk.Fault) throws {
    var failing = 0
    while true {
      let folder = try ScratchFolder()
      let disk = FaultyDisk(failing: failing, fault: fault)
      let cache = BlobStore(folder: folder.url.path, disk: disk)
      do {
        let fill = try cache.fill(content)
        try fill.takeAll(bytes)
        try fill.finish()
      } catch let error as DiskError {
        #expect("\(error)".contains(folder.url.path))
      }
      if let left = stored(folder.url.path) { #expect(left == whole, "after a fault at operation \(failing)") }
      // The next start, on a sound disk: what is there serves, and the rest is filled in.
      let next = BlobStore(folder: folder.url.path)
      if try !next.holds(content) {
        let fill = try next.fill(content)
        try fill.takeAll(bytes)
        try fill.finish()
      }
      #expect(try next.holds(content))
      #expect(stored(folder.url.path) == whole)
      guard disk.hasFailed else { break }
      failing += 1
    }
    // Folders, the file, four blocks, sync, rename, folder.
    #expect(failing == 9)
  }

  @Test("a full disk is reported")
  func fullDisk() throws {
    let fill = try cache(FaultyDisk(failing: 2)).fill(content)
    let error = #expect(throws: DiskError.self) { try fill.takeAll(bytes) }
    #expect(error.map { "\($0)" }?.contains("No space left") ?? false)
    #expect(error.map { "\($0)" }?.contains("free room") ?? false)
  }
}
