import Fixtures
import Foundation
import Testing

@testable import longhaul

@Suite("What commands read by name")
struct InputFileTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test("a pipe with a name is read to its end, however often it is written to")
  func namedPipe() async throws {
    let path = folder.path("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    let parts = [[UInt8]](repeating: Array("né".utf8), count: 50_000)
    let writer = Thread {
      let file = FileHandle(forWritingAtPath: path)
      for part in parts { try? file?.write(contentsOf: Data(part)) }
      try? file?.close()
    }
    writer.start()
    #expect(try InputFile.bytes(path) == Array(parts.joined()))
  }

  @Test("a descriptor's name is read, as <(…) gives it")
  func descriptor() throws {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Data("through a pipe".utf8))
    try pipe.fileHandleForWriting.close()
    #expect(try InputFile.text("/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)") == "through a pipe")
  }

  @Test("devices and empty files are read, too")
  func devices() throws {
    #expect(try InputFile.bytes("/dev/null").isEmpty)
    #expect(try InputFile.bytes(folder.write("", to: "empty")).isEmpty)
  }

  @Test("what cannot be read is a sentence with the system's reason")
  func unreadable() throws {
    for (path, reason) in [
      (folder.path("none"), "No such file or directory"), (folder.url.path, "Is a directory"),
      (try folder.write("x", to: "file") + "/below", "Not a directory"),
    ] {
      let failure = #expect(throws: CommandFailure.self) { try InputFile.bytes(path) }
      #expect(failure?.description == "'\(path)' cannot be read: \(reason)" && failure?.status == .usage)
    }
  }

  @Test(
    "text that is no UTF-8 is refused with the place of the first byte that does not belong",
    arguments: [([0xFF], 1), ([0x61, 0xC3], 2), ([0xC3, 0xA9, 0xED, 0xA0, 0x80], 3), ([0x61, 0x62, 0x80, 0x63], 3)])
  func badText(bytes: [UInt8], place: Int) throws {
    let path = try folder.write(bytes, to: "text")
    let failure = #expect(throws: CommandFailure.self) { try InputFile.text(path) }
    #expect(failure?.description.contains("is not UTF-8 text: byte \(place) does") == true)
    #expect(failure?.status == .usage)
  }
}
