import Foundation

/// The project's files as the rules see them, read once.
enum Tree {
  struct File: Sendable {
    /// Relative to the root.
    let path: String
    let text: String
    let lines: [Substring]

    var isTest: Bool { path.hasPrefix("Tests/") }
    /// `Sources/Core`, `Tests/Fixtures`, `deploy`; a file of the root stands for itself.
    var folder: String {
      let parts = path.split(separator: "/")
      let depth = ["Sources", "Tests"].contains(parts[0]) && parts.count > 2 ? 2 : 1
      return parts.prefix(depth).joined(separator: "/")
    }
    /// What is declared in a Swift file.
    var declarations: SwiftDeclarations { SwiftDeclarations(text) }

    /// Lines outside comments that contain `text`, each with its place.
    func uses(of text: String) -> [String] {
      lines.enumerated().compactMap { index, line in
        let code = line.drop { $0 == " " }
        return code.hasPrefix("//") || !code.contains(text) ? nil : "\(path):\(index + 1): \(code)"
      }
    }
  }

  static let root = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }

  static func url(_ path: String) -> URL { root.appendingPathComponent(path).standardizedFileURL }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: url(path).path) }

  static func file(_ path: String) -> File? {
    guard let text = try? String(contentsOf: url(path), encoding: .utf8) else { return nil }
    return File(path: path, text: text, lines: text.split(separator: "\n", omittingEmptySubsequences: false))
  }

  /// Files with these endings in a folder and below, sorted; protobuf's output is not the project's.
  static func files(in folder: String, _ endings: String...) -> [File] {
    let walker = FileManager.default.enumerator(atPath: url(folder).path)
    let names = (walker?.compactMap { $0 as? String } ?? []).sorted()
    return names.filter { name in endings.contains { name.hasSuffix($0) } && !name.contains("pb-c") }
      .compactMap { file("\(folder)/\($0)") }
  }

  /// The Swift files of the program.
  static let sources = files(in: "Sources", ".swift")
  /// All Swift files.
  static let swift = sources + files(in: "Tests", ".swift")
  /// Files with code that is compiled: C beside the Swift files.
  static let code = swift + files(in: "Sources", ".c", ".h") + files(in: "Tests", ".c", ".h")
  /// Every page.
  static let pages =
    ["README.md", "CHANGELOG.md"].compactMap { file($0) }
    + ["deploy", "proto", "Sources", "Tests"].flatMap { files(in: $0, ".md") }
}
