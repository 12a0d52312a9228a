import Foundation

/// Paths of the demo model and its text: in the resources folder beside the executable, or under `share` of an
/// installation.
enum DemoModel {
  /// `general.name` of its file.
  static let name = "Longhaul demo"

  static func path() -> String? { resource("longhaul-demo.gguf") }

  /// Stories like its training data, but not part of it.
  static func textPath() -> String? { resource("demo-text.txt") }

  private static func resource(_ name: String) -> String? {
    guard let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
      return nil  // Without /proc the caller requires a file name.
    }
    let folder = URL(fileURLWithPath: executable).deletingLastPathComponent()
    let places = ["longhaul_longhaul.resources/\(name)", "../share/longhaul/\(name)"]
    return places.map { folder.appendingPathComponent($0).standardizedFileURL.path }
      .first { FileManager.default.fileExists(atPath: $0) }
  }
}
