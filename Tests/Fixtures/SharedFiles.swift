package import Foundation

/// Real models, tokenizers, texts and goldens that lie beside the project. Many machines have none of them: tests that
/// need them bear the trait `needsShared` and are skipped there.
package enum SharedFiles {
  /// The project's own folder.
  package static let root: URL = {
    var url = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url
  }()

  /// Where a shared file is on the machines that have it.
  package static func path(_ relative: String) -> String {
    root.deletingLastPathComponent().appendingPathComponent("shared/\(relative)").path
  }

  package static func exists(_ relative: String) -> Bool {
    FileManager.default.fileExists(atPath: path(relative))
  }

  package static func data(_ relative: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path(relative)))
  }

  package static func json<Value: Decodable>(_ type: Value.Type, _ relative: String) throws -> Value {
    try JSONDecoder().decode(type, from: data(relative))
  }

  /// A prompt of three windows of the demo model, with a pass key early and the question at its end.
  package static let longPrompt = root.appendingPathComponent("deploy/demo-model/prompt-long.txt").path

  /// The demo model that comes with the program.
  package static let demo = root.appendingPathComponent("Sources/longhaul/Resources/longhaul-demo.gguf").path
}
