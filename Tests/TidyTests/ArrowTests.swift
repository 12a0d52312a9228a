import Testing

/// The table of targets in Sources/README.md, the arrows of Package.swift and the imports say the same.
@Suite("Arrows between targets")
struct ArrowTests {
  /// Where the table has a target.
  private struct Place {
    /// From the top.
    let row: Int
    let rowName: String
    /// 0 for the control plane, 1 for the wire, 2 for the data plane.
    let column: Int
  }

  private static func places(_ names: Set<String>) throws -> [String: Place] {
    let page = try #require(Tree.file("Sources/README.md"))
    let rows = page.lines.drop { $0 != "| | control plane | wire | data plane |" }.dropFirst(2)
      .prefix { $0.hasPrefix("|") }
    var places: [String: Place] = [:]
    for (row, line) in rows.enumerated() {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().map(String.init)
      for (column, cell) in cells.dropFirst().enumerated() {
        for match in cell.matches(of: /`([\w-]+)`/) where names.contains(String(match.1)) {
          places[String(match.1)] = Place(
            row: row, rowName: cells[0].filter { $0 != " " }, column: column)
        }
      }
    }
    return places
  }

  @Test("every target of Sources has a place in the table, and imports only targets of its row or below")
  func arrowsPointDown() throws {
    let targets = try PackageManifest().targets.filter { $0.folder.hasPrefix("Sources/") }
    let places = try Self.places(Set(targets.map(\.name)))
    #expect(targets.count > 20)
    for target in targets {
      guard let place = places[target.name] else {
        Issue.record("\(target.name) is not in the table of Sources/README.md")
        continue
      }
      for other in target.dependencies {
        guard let below = places[other] else { continue }
        #expect(below.row >= place.row, "\(target.name) imports \(other), which is above it")
      }
    }
  }

  @Test("control plane and data plane do not import each other")
  func planesStayApart() throws {
    let targets = try PackageManifest().targets.filter { $0.folder.hasPrefix("Sources/") }
    let places = try Self.places(Set(targets.map(\.name)))
    // All import the nouns; the program and what measures kernels wire up what they like.
    func isShared(_ place: Place) -> Bool { ["program", "nouns"].contains(place.rowName) }
    for target in targets {
      guard let place = places[target.name], !isShared(place), place.column != 1 else { continue }
      let across = target.dependencies.filter { name in
        places[name].map { !isShared($0) && $0.column == 2 - place.column } ?? false
      }
      #expect(across == [], "\(target.name) reaches into the other plane")
    }
  }

  @Test("every import of a target is an arrow of Package.swift, and every arrow of Sources is imported somewhere")
  func importsAreDeclared() throws {
    let targets = try PackageManifest().targets
    let names = Set(targets.map(\.name))
    for target in targets {
      let files = Tree.swift.filter { $0.path.hasPrefix(target.folder + "/") }
      var imported: Set<String> = []
      for file in files {
        let modules = Self.imports(of: file).intersection(names)
        imported.formUnion(modules)
        let undeclared = modules.subtracting(target.dependencies).subtracting([target.name])
        #expect(undeclared == [], "\(file.path)")
      }
      if target.folder.hasPrefix("Sources/"), !files.isEmpty {
        #expect(target.dependencies.subtracting(imported) == [], "\(target.name) declares what it does not import")
      }
    }
  }

  private static func imports(of file: Tree.File) -> Set<String> {
    Set(
      file.lines.compactMap { line in
        guard line.contains("import ") else { return nil }
        let words = line.split(separator: " ")
        guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
          words[..<at].allSatisfy({ $0.hasPrefix("@") || ["package", "internal", "private"].contains($0) })
        else { return nil }
        return String(words[at + 1])
      })
  }

  @Test("what decides, and the nouns, do not import Foundation")
  func decisionsAreValues() {
    for target in ["Core", "Paging", "Backend", "Scheduling", "Cluster"] {
      let files = Tree.sources.filter { $0.folder == "Sources/\(target)" }
      #expect(!files.isEmpty && files.filter { Self.imports(of: $0).contains("Foundation") }.map(\.path) == [])
    }
  }

  @Test("only the API target imports the HTTP server")
  func onlyTheAPIServesHTTP() {
    let found = Tree.sources.filter { $0.folder != "Sources/OpenAIAPI" }.flatMap { $0.uses(of: "import Hummingbird") }
    #expect(found == [])
  }
}
