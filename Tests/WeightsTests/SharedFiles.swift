import Foundation

/// The folder of real models and tokenizers beside the package, where there is one.
enum SharedFiles {
  /// The path of a file in it, or nil after saying that a test is skipped for want of it.
  static func path(_ relative: String, from file: String = #filePath) -> String? {
    var folder = URL(fileURLWithPath: file).resolvingSymlinksInPath()
    for _ in 0..<3 { folder.deleteLastPathComponent() }
    let path = folder.deletingLastPathComponent().appendingPathComponent("shared/\(relative)").path
    guard FileManager.default.fileExists(atPath: path) else {
      print("skipped: there is no shared/\(relative) beside the package")
      return nil
    }
    return path
  }
}
