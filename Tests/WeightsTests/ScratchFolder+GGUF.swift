import Fixtures

@testable import Weights

extension ScratchFolder {
  /// Writes a file and gives its path.
  @discardableResult
  func write(_ bytes: [UInt8], as name: String = "tiny.gguf") throws -> String { try write(bytes, to: name) }

  func checkpoint(_ writer: GGUFWriter) throws -> Checkpoint {
    try Checkpoint(path: write(writer.file))
  }
}
