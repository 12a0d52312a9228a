import Foundation
import Testing

/// The project's own rules, read off its tree, so that nobody has to argue them in review.
@Suite("The tree is tidy")
struct TidyTests {
  private struct SourceFile {
    let path: String
    let lines: [Substring]
  }

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func files(in folder: String, suffixes: [String]) -> [SourceFile] {
    let base = root.appendingPathComponent(folder)
    guard let walker = FileManager.default.enumerator(atPath: base.path) else { return [] }
    return walker.compactMap { $0 as? String }.sorted().compactMap { name in
      guard suffixes.contains(where: name.hasSuffix), !name.contains("pb-c"),
        let text = try? String(contentsOfFile: base.appendingPathComponent(name).path, encoding: .utf8)
      else { return nil }
      return SourceFile(
        path: "\(folder)/\(name)", lines: text.split(separator: "\n", omittingEmptySubsequences: false))
    }
  }

  private static let swift = files(in: "Sources", suffixes: [".swift"])
  private static let all =
    files(in: "Sources", suffixes: [".swift", ".c", ".h"]) + files(in: "Tests", suffixes: [".swift"])

  /// Lines outside comments that contain `text`.
  private func uses(of text: String, in files: [SourceFile]) -> [String] {
    files.flatMap { file in
      file.lines.enumerated().compactMap { index, line in
        let code = line.drop { $0 == " " }
        guard !code.hasPrefix("//"), code.contains(text) else { return nil }
        return "\(file.path):\(index + 1): \(code)"
      }
    }
  }

  @Test("the tree was found")
  func treeIsThere() {
    #expect(Self.swift.count > 50)
  }

  @Test("nothing in Sources can trap on input by try!, as!, fatalError or an assert that release builds drop")
  func noTrapsOnInput() {
    for banned in ["try!", " as! ", "fatalError(", "assert(", "assertionFailure("] {
      let found = uses(of: banned, in: Self.swift).filter { !$0.contains("static_assert(") }
      #expect(found.isEmpty, "\(found)")
    }
  }

  @Test("nothing is left to be done")
  func noUnfinishedMarks() {
    // Spelled apart so that this file does not find itself.
    for mark in ["TO" + "DO", "FIX" + "ME", "XX" + "X:"] {
      let found = Self.all.flatMap { file in
        file.lines.enumerated().filter { $0.element.contains(mark) }.map { "\(file.path):\($0.offset + 1)" }
      }
      #expect(found.isEmpty, "\(found)")
    }
  }

  @Test("no Swift file is longer than 400 lines, no kernel (with its reference) than 500, no line than 120 columns")
  func filesAndLinesAreShort() {
    for file in Self.all {
      let limit = file.path.hasSuffix(".swift") ? 400 : 500
      #expect(file.lines.count <= limit, "\(file.path) has \(file.lines.count) lines: is it one idea?")
      for (index, line) in file.lines.enumerated() where line.count > 120 {
        Issue.record("\(file.path):\(index + 1) has \(line.count) columns")
      }
    }
  }

  @Test("no type is named for what nobody can say of it")
  func namesSayWhatTheyAre() {
    for suffix in ["Manager", "Helper", "Utils", "Util"] {
      let found = Self.swift.filter { $0.path.hasSuffix("\(suffix).swift") || $0.path.hasSuffix("\(suffix)s.swift") }
      #expect(found.map(\.path) == [])
    }
  }

  @Test("nothing is public: targets share by package access")
  func nothingIsPublic() {
    let kinds = ["func", "var", "let", "struct", "class", "enum", "init", "protocol", "extension", "actor", "import"]
    let found =
      kinds.flatMap { uses(of: "public \($0)", in: Self.swift) }
      + ["static", "final", "typealias"].flatMap { uses(of: "public \($0)", in: Self.swift) }
    #expect(found.isEmpty, "\(found)")
  }

  @Test("control plane and data plane do not import each other")
  func planesStayApart() {
    let arrows: [(folder: String, banned: [String])] = [
      ("Core", ["Foundation", "Tensors", "Weights", "Wire", "Transport", "Cluster", "Scheduling"]),
      ("Paging", ["Foundation", "Tensors", "Weights", "Wire", "Transport", "Cluster", "Scheduling", "CKernels"]),
      ("Backend", ["Foundation", "Tensors", "Weights", "Wire", "Transport", "Cluster", "Scheduling", "CKernels"]),
      (
        "Scheduling", ["Foundation", "Tensors", "Weights", "Wire", "Transport", "Transformer", "Attention", "CKernels"]
      ),
      ("Cluster", ["Foundation", "Tensors", "Weights", "Wire", "Transport", "Transformer", "Attention", "CKernels"]),
      ("Evaluation", ["Weights", "Wire", "Transport", "Cluster", "Scheduling", "Coordinator", "Transformer"]),
      ("Coordinator", ["Tensors", "Weights", "Transformer", "Attention", "CKernels"]),
      ("Worker", ["Scheduling", "Cluster", "Coordinator", "OpenAIAPI", "Attention", "CKernels"]),
      ("Transformer", ["Wire", "Transport", "Scheduling", "Cluster"]),
      ("Attention", ["Wire", "Transport", "Scheduling", "Cluster", "Weights"]),
      ("Transport", ["Wire", "Scheduling", "Cluster"]),
    ]
    for arrow in arrows {
      for file in Self.swift where file.path.hasPrefix("Sources/\(arrow.folder)/") {
        for line in file.lines where line.hasPrefix("import ") || line.hasPrefix("package import ") {
          let module = String(line.split(separator: " ").last ?? "")
          #expect(!arrow.banned.contains(module), "\(file.path) imports \(module)")
        }
      }
    }
  }

  @Test("only the API target imports the HTTP server")
  func onlyTheAPIServesHTTP() {
    let found = uses(of: "import Hummingbird", in: Self.swift).filter { !$0.hasPrefix("Sources/OpenAIAPI/") }
    #expect(found.isEmpty, "\(found)")
  }

  @Test("the tests that the list of known flaws names are there")
  func knownFlaws() throws {
    let list = try String(contentsOf: Self.root.appendingPathComponent("Tests/KnownFlaws.md"), encoding: .utf8)
    let tests = Self.all.filter { $0.path.hasPrefix("Tests/") }
    let text = tests.map { $0.lines.joined(separator: "\n") }.joined()
    let names = list.matches(of: /"([^"]+)"/).map { String($0.1) }
    let missing = Set(names).filter { !text.contains($0) }
    #expect(missing.isEmpty && names.count > 50)
    let files = Set(list.matches(of: /`([A-Za-z]+Tests\/[A-Za-z]+)`/).map { "Tests/\($0.1).swift" })
    #expect(files.isSubset(of: tests.map(\.path)) && files.count > 20)
  }
}
