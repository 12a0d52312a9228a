import Fixtures
import Foundation
import Testing

@testable import longhaul

@Suite("The folder of a command's own sockets")
struct PrivateFolderTests {
  @Test("is made where it is wanted, for its owner alone, and removed")
  func made() throws {
    let parent = try ScratchFolder()
    let folder = try PrivateFolder(in: parent.url.path + "/")
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path)
    #expect(attributes[.posixPermissions] as? Int == 0o700)
    #expect(!folder.path.contains("//"))
    folder.remove()
    #expect(!FileManager.default.fileExists(atPath: folder.path))
  }

  @Test(
    "is refused, with TMPDIR named, where no socket can be",
    arguments: [
      ("/tmp/" + String(repeating: "a", count: 90), "107"), ("/tmp/a\nb", "control character"),
      ("/tmp/\u{7F}", "control character"), ("relative", "absolute"), ("/dev/null", "Not a directory"),
      ("/no/such/folder", "No such file"),
    ])
  func refused(parent: String, reason: String) {
    let failure = #expect(throws: CommandFailure.self) { try PrivateFolder(in: parent) }
    let words = failure.map { "\($0)" } ?? ""
    #expect(words.contains(reason) && words.contains("TMPDIR"), "\(words)")
  }
}
