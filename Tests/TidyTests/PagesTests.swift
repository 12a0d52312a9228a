import Foundation
import Testing

/// What the pages say of the tree is true of it.
@Suite("The pages are true")
struct PagesTests {
  private struct Page {
    /// Relative to the root.
    let path: String
    let text: String

    var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
  }

  private static let root = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
    url.deletingLastPathComponent()
  }

  private static func paths(under folder: String, suffix: String) -> [String] {
    let walker = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)
    return (walker?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(suffix) }.sorted().map {
      "\(folder)/\($0)"
    }
  }

  private static let pages: [Page] = {
    let names =
      ["README.md", "CHANGELOG.md"]
      + ["deploy", "proto", "Sources", "Tests"].flatMap { paths(under: $0, suffix: ".md") }
    return names.compactMap { name in
      (try? String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)).map { Page(path: name, text: $0) }
    }
  }()

  private static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appendingPathComponent(path).standardizedFileURL.path)
  }

  /// Where a path of a page may begin: beside the page, at the root, at the sources, at the tests.
  private static func bases(of page: Page) -> [String] {
    [page.folder, "", "Sources", "Tests"].map { $0.isEmpty ? "" : $0 + "/" }
  }

  private static func isThere(_ path: String, on page: Page) -> Bool {
    bases(of: page).contains { exists($0 + path) || exists($0 + path + ".swift") }
  }

  /// Words in backticks that can only be paths of the tree: those that end as source files do, and those whose first
  /// part is a folder of the tree. Words with capitals only (`FILE.md`) stand for a reader's own.
  private static func pathsInBackticks(_ page: Page) -> [String] {
    page.text.matches(of: /`([^`\n]+)`/).flatMap { $0.1.split(separator: " ") }.map(String.init).filter { word in
      guard word.wholeMatch(of: /(\.\.\/)*[\w+.-]+(\/[\w+.-]+)*\/?/) != nil, !word.hasPrefix(".build") else {
        return false
      }
      guard word.contains(where: \.isLowercase) else { return false }
      let ending = word.split(separator: ".").last.map(String.init) ?? ""
      if word.contains("."), ["swift", "c", "h", "sh", "py", "md", "proto"].contains(ending) { return true }
      let parts = word.split(separator: "/")
      guard parts.count > 1, let first = parts.first else { return false }
      return first == ".." || bases(of: page).contains { exists($0 + first) }
    }
  }

  private static func links(_ page: Page) -> [String] {
    page.text.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }.filter { !$0.contains("://") && !$0.hasPrefix("#") }
      .map { String($0.prefix { $0 != "#" }) }
  }

  @Test("the pages were found")
  func pagesAreThere() {
    #expect(Self.pages.count > 15)
    #expect(Self.pages.map { Self.pathsInBackticks($0).count + Self.links($0).count }.reduce(0, +) > 200)
  }

  @Test("every path that a page names exists", arguments: pages.map(\.path))
  func pathsExist(name: String) throws {
    let page = try #require(Self.pages.first { $0.path == name })
    let missing = Self.pathsInBackticks(page).filter { !Self.isThere($0, on: page) }
    let broken = Self.links(page).filter { !Self.exists(page.folder.isEmpty ? $0 : "\(page.folder)/\($0)") }
    #expect(missing == [], "\(missing)")
    #expect(broken == [], "\(broken)")
  }

  private static let sources = paths(under: "Sources", suffix: ".swift").compactMap {
    try? String(contentsOf: root.appendingPathComponent($0), encoding: .utf8)
  }.joined(separator: "\n")

  @Test("every message that the runbook explains is one the program prints")
  func messagesExist() throws {
    let page = try #require(Self.pages.first { $0.path == "deploy/README.md" })
    let symptoms = page.lines.drop { $0 != "| symptom | cause | remedy |" }.dropFirst(2).prefix { $0.hasPrefix("|") }
      .compactMap { $0.firstMatch(of: /`([^`]+)`/).map { String($0.1) } }
    let parts = symptoms.flatMap { $0.split { $0 == "…" || $0.isNumber }.map(String.init) }.map {
      $0.trimmingCharacters(in: .whitespaces)
    }.filter { $0.count > 3 }
    #expect(parts.count > 10)
    #expect(parts.filter { !Self.sources.contains($0) } == [])
  }

  @Test("every metric that a page names is one the program exposes")
  func metricsExist() {
    let names = Self.pages.flatMap { $0.text.matches(of: /longhaul_([a-z_]+)/).map { String($0.1) } }
    #expect(names.filter { !Self.sources.contains($0) } == [])
  }

  @Test("README.md has at most 7,000 bytes")
  func readmeIsShort() throws {
    let page = try #require(Self.pages.first { $0.path == "README.md" })
    #expect(page.text.utf8.count <= 7000)
  }

  @Test("Sources/README.md has at most 120 lines of at most 160 columns")
  func architectureIsShort() throws {
    let page = try #require(Self.pages.first { $0.path == "Sources/README.md" })
    #expect(page.lines.count <= 121)
    #expect(page.lines.filter { $0.count > 160 } == [])
  }

  /// The types that carry a request, a step or a token from one place to the next.
  private static let carriers = [
    "GenerationRequest", "GenerationEvent", "PreparedAnswer", "AnswerDelta", "ScheduledRequest", "ActiveSequence",
    "StepPlan",
    "ForwardHeader", "SequenceCache", "CacheEntry", "StepResult",
  ]
  /// They use the engine from outside: what they do is on no token's path.
  private static let clients = ["longhaul", "Evaluation", "Benchmarks"]

  @Test("every Swift file that handles what carries a token is named in Sources/README.md")
  func pathIsNamed() throws {
    let page = try #require(Self.pages.first { $0.path == "Sources/README.md" })
    var declared: Set<String> = []
    var unnamed: [String] = []
    for path in Self.paths(under: "Sources", suffix: ".swift") {
      let text = try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
      let code = text.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: "\n")
      let words = Set(code.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
      for carrier in Self.carriers where code.contains("struct \(carrier)") || code.contains("enum \(carrier)") {
        declared.insert(carrier)
      }
      let parts = path.split(separator: "/").map(String.init)
      guard !Self.clients.contains(parts[1]), !words.isDisjoint(with: Self.carriers) else { continue }
      let name = parts[parts.count - 1].dropLast(".swift".count)
      if page.text.firstMatch(of: try Regex("[`/ ]\(NSRegularExpression.escapedPattern(for: String(name)))[`, .]"))
        == nil
      {
        unnamed.append(path)
      }
    }
    #expect(unnamed == [])
    #expect(declared == Set(Self.carriers), "a carrier was renamed: say its new name in this test")
  }
}
