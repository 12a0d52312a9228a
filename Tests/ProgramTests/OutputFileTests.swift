import Fixtures
import Foundation
import Testing

@testable import longhaul

@Suite("What commands write by name")
struct OutputFileTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func content(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test("a file has its name when it is whole, and its rights stay; nothing else is left in its folder")
  func files() throws {
    let path = folder.path("file")
    try OutputFile.write("first".utf8, to: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    let open = try #require(FileHandle(forReadingAtPath: path))
    try OutputFile.write("second".utf8, to: path)
    #expect(try content(path) == "second")
    #expect(try open.readToEnd() == Data("first".utf8))
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o640)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["file"])
  }

  @Test("a link stays one, and what it leads to is written")
  func links() throws {
    let target = try folder.write("something longer than before", to: "target")
    let link = folder.path("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
    try OutputFile.write("short".utf8, to: link)
    #expect(try content(target) == "short")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
  }

  @Test("a pipe gets all of it, and a device stays a device")
  func pipes() throws {
    let pipe = Pipe()
    try OutputFile.write("through a pipe".utf8, to: "/dev/fd/\(pipe.fileHandleForWriting.fileDescriptor)")
    try pipe.fileHandleForWriting.close()
    #expect(try pipe.fileHandleForReading.readToEnd() == Data("through a pipe".utf8))
    try OutputFile.write("nothing".utf8, to: "/dev/null")
    #expect(try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type] as? FileAttributeType != .typeRegular)
  }

  @Test(
    "what cannot be written is a sentence with the system's reason",
    arguments: [
      ("/dev/full", "No space left on device"), ("/", "Is a directory"), ("/no/such/file", "No such file or directory"),
      ("/dev/null/file", "Not a directory"),
    ])
  func unwritable(path: String, reason: String) {
    let failure = #expect(throws: CommandFailure.self) { try OutputFile.write("x".utf8, to: path) }
    #expect(failure?.description == "'\(path)' cannot be written: \(reason)" && failure?.status == .runtime)
  }
}
