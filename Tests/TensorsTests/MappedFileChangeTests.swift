import Foundation
import Tensors
import Testing

/// What others do to a file while it is mapped.
private enum Change: String, CaseIterable, CustomTestStringConvertible {
  case overwritten = "written over in place"
  case emptied = "emptied and written again"
  case cut = "cut"
  case extended = "extended"
  case renamedOver = "replaced by renaming"
  case removed = "removed"
  case linked = "given a second name"

  var testDescription: String { rawValue }
  /// Whether the mapping's bytes may be others now.
  var isWrite: Bool {
    switch self {
    case .overwritten, .emptied, .cut, .extended: true
    case .renamedOver, .removed, .linked: false
    }
  }

  func happen(to path: String) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    defer { try? handle.close() }
    let other = Data(repeating: 9, count: 20_000)
    switch self {
    case .overwritten: try handle.write(contentsOf: other)
    case .emptied:
      try handle.truncate(atOffset: 0)
      try handle.write(contentsOf: other)
    case .cut: try handle.truncate(atOffset: 100)
    case .extended:
      try handle.seekToEnd()
      try handle.write(contentsOf: Data([1]))
    case .renamedOver: try other.write(to: URL(fileURLWithPath: path), options: .atomic)
    case .removed: try FileManager.default.removeItem(atPath: path)
    case .linked: try FileManager.default.linkItem(atPath: path, toPath: path + "-link")
    }
  }
}

@Suite("A mapped file that others change")
struct MappedFileChangeTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("changed-\(UUID().uuidString)")
  private let content = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

  /// Mapped a while after it was last written.
  private func mapped() throws -> MappedFile {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appendingPathComponent("file").path
    try Data(content).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -10)], ofItemAtPath: path)
    return try MappedFile(path: path)
  }

  @Test("is noticed when it was written to, and is what it was when only its name was", arguments: Change.allCases)
  private func noticed(change: Change) throws {
    let file = try mapped()
    defer { try? FileManager.default.removeItem(at: folder) }
    try file.requireUnchanged()
    try change.happen(to: file.path)
    let read = Array(file.bytes)
    if change.isWrite {
      let error = #expect(throws: MappedFileError.self) { try file.requireUnchanged() }
      #expect(error?.reason == .changed && error?.description.contains("renaming") == true)
    } else {
      try file.requireUnchanged()
      #expect(read == content)
    }
  }

  @Test("reads as zeros where it was cut on a pool's own threads, whose signals are blocked")
  func cutUnderPool() throws {
    let file = try mapped()
    defer { try? FileManager.default.removeItem(at: folder) }
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file.path))
    try handle.truncate(atOffset: 4096)
    // The caller of a pool computes the first slice.
    try ComputePool(threadCount: 2).forEachSlice(of: 2) { slice, _ in
      if slice.lowerBound > 0 { #expect(file.bytes[4096...].allSatisfy { $0 == 0 }) }
    }
    #expect(throws: MappedFileError.self) { try file.requireUnchanged() }
  }

  @Test("reads as zeros where it was cut, from several threads at once, and stays marked when it is whole again")
  func cut() throws {
    let file = try mapped()
    defer { try? FileManager.default.removeItem(at: folder) }
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file.path))
    try handle.truncate(atOffset: 4096)
    let sums = try ComputePool(threadCount: 4)
    sums.forEachSlice(of: 4) { _, _ in
      #expect(file.bytes[0..<4096].elementsEqual(content[0..<4096]))
      #expect(file.bytes[4096...].allSatisfy { $0 == 0 })
    }
    try handle.write(contentsOf: Data(content))
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: Double(file.version.modified) / 1e9)], ofItemAtPath: file.path)
    #expect(throws: MappedFileError.self) { try file.requireUnchanged() }
    // Another mapping of it, perhaps at the same addresses, is not marked.
    let again = try MappedFile(path: file.path)
    try again.requireUnchanged()
  }
}
