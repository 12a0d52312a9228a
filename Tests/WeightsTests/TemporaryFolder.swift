import Foundation

@testable import Weights

/// A folder of its own for each test, gone with it.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "longhaul-weights-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }  // Nothing to be done when it is gone already.

  /// Writes a file and gives its path.
  @discardableResult
  func write(_ bytes: [UInt8], as name: String = "tiny.gguf") throws -> String {
    let file = url.appendingPathComponent(name)
    try Data(bytes).write(to: file)
    return file.path
  }

  func checkpoint(_ writer: GGUFWriter) throws -> Checkpoint {
    try Checkpoint(path: write(writer.file))
  }
}
