package import Foundation

/// Real models, tokenizers, texts and goldens that lie beside the project. Absent on many machines: tests that
/// need them then say that they skip.
package enum SharedFiles {
  /// The project's own folder.
  package static let root: URL = {
    var url = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url
  }()

  /// The path of a shared file, or nil, after saying so, when it is not there.
  package static func path(_ relative: String) -> String? {
    let path = root.deletingLastPathComponent().appendingPathComponent("shared/\(relative)").path
    guard FileManager.default.fileExists(atPath: path) else {
      print("skipped: shared/\(relative) is not beside the project")
      return nil
    }
    return path
  }

  package static func data(_ relative: String) throws -> Data? {
    guard let path = path(relative) else { return nil }
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }

  package static func json<Value: Decodable>(_ type: Value.Type, _ relative: String) throws -> Value? {
    guard let data = try data(relative) else { return nil }
    return try JSONDecoder().decode(type, from: data)
  }

  /// A prompt of three windows of the demo model, with a pass key early and the question at its end.
  package static let longPrompt = root.appendingPathComponent("deploy/demo-model/prompt-long.txt").path

  /// The demo model that comes with the program.
  package static let demo = root.appendingPathComponent("Sources/longhaul/Resources/longhaul-demo.gguf").path
}
