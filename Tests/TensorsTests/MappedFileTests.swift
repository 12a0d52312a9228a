import Foundation
import Tensors
import Testing

struct MappedFileTests {
  /// A path of its own, in the directory for temporary files.
  private static func uniquePath() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("mapped-\(UUID().uuidString)").path
  }

  private static func failure(_ path: String) -> MappedFileError? {
    do {
      _ = try MappedFile(path: path)
      return nil
    } catch {
      return error
    }
  }

  @Test("A mapped file has the bytes of the file")
  func mapsBytes() throws {
    let path = Self.uniquePath()
    let content = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try Data(content).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try MappedFile(path: path)
    #expect(file.path == path)
    #expect(Array(file.bytes) == content)
  }

  @Test("Advice on any range is harmless and leaves the bytes alone")
  func advice() throws {
    let path = Self.uniquePath()
    let content = (0..<20_000).map { UInt8(truncatingIfNeeded: $0) }
    try Data(content).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try MappedFile(path: path)
    for range in [0..<1, 0..<20_000, 4095..<4097, 5000..<5000, 19_999..<1_000_000, -5..<3, 30_000..<40_000] {
      file.advise(range)
      file.advise(range, .present)
      file.advise(range, .sequential)
      file.advise(range, .dontNeed)
    }
    #expect(Array(file.bytes) == content)
  }

  @Test("The bytes outlive the name of the file")
  func unlinked() throws {
    let path = Self.uniquePath()
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
    let file = try MappedFile(path: path)
    try FileManager.default.removeItem(atPath: path)
    #expect(Array(file.bytes) == [1, 2, 3])
  }

  @Test("A missing file is an error with its path and the system's reason")
  func missing() {
    let path = Self.uniquePath()
    let error = Self.failure(path)
    #expect(error?.reason == .system(call: "open", code: ENOENT))
    #expect(error?.description.contains(path) == true)
    #expect(error?.description.contains("No such file") == true)
  }

  @Test("A directory is refused")
  func directory() {
    let error = Self.failure(FileManager.default.temporaryDirectory.path)
    #expect(error?.reason == .notARegularFile)
  }

  @Test("A pipe is refused without waiting for a writer")
  func pipe() throws {
    let path = Self.uniquePath()
    try #require(mkfifo(path, 0o600) == 0)
    defer { unlink(path) }
    #expect(Self.failure(path)?.reason == .notARegularFile)
  }

  @Test("An empty file is refused")
  func empty() throws {
    let path = Self.uniquePath()
    try Data().write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let error = Self.failure(path)
    #expect(error?.reason == .empty)
    #expect(error?.description.contains("empty") == true)
  }
}
