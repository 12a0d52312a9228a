import Foundation

/// Real models, texts and goldens that lie beside the project; tests that need them say so when they are absent.
enum SharedFiles {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Path of a file in the shared folder, or nil (and a printed note) when it is not there.
  static func path(_ name: String) -> String? {
    let path = root.deletingLastPathComponent().appendingPathComponent("shared/\(name)").path
    guard FileManager.default.fileExists(atPath: path) else {
      print("skipped: shared/\(name) is not beside the project")
      return nil
    }
    return path
  }

  /// A prompt of three windows of the demo model, with a pass key early and the question at its end.
  static let longPrompt = root.appendingPathComponent("deploy/demo-model/prompt-long.txt").path

  /// The demo model that comes with the program.
  static let demo = root.appendingPathComponent("Sources/longhaul/Resources/longhaul-demo.gguf").path
}

/// One golden file: a prompt's ids and what the reference made of them under several policies.
struct Golden: Decodable {
  struct Run: Decodable {
    let G: Int
    let w: Int
    let logits: String
    let greedy: [Int32]
    let greedy_lead: [Float]
  }
  let ids: [Int32]
  let runs: [Run]

  static func read(_ name: String) throws -> Golden? {
    guard let path = SharedFiles.path("goldens/\(name).json") else { return nil }
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// The float32 numbers of a NumPy file (a version 1 header: magic, length, text).
  static func numbers(_ name: String) throws -> [Float]? {
    guard let path = SharedFiles.path("goldens/\(name)") else { return nil }
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    return floats(bytes.dropFirst(10 + Int(bytes[8]) + Int(bytes[9]) << 8))
  }

  static func floats(_ bytes: some Sequence<UInt8>) -> [Float] {
    Array(bytes).withUnsafeBytes { raw in
      stride(from: 0, to: raw.count, by: 4).map { raw.loadUnaligned(fromByteOffset: $0, as: Float.self) }
    }
  }
}

/// A folder for one test's files, removed with it.
final class ScratchFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("lh-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func write(_ text: String, to name: String) throws -> String {
    try Data(text.utf8).write(to: url.appendingPathComponent(name))
    return path(name)
  }
}
