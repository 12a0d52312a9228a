import Testing

@Suite("The list of known flaws")
struct KnownFlawTests {
  @Test("names tests that are there, each in the file it is said to be in")
  func testsExist() throws {
    let list = try #require(Tree.file("Tests/KnownFlaws.md"))
    var count = 0
    // Under a heading that names files for all its rows, titles stand alone.
    var common: [Tree.File] = []
    for line in list.lines {
      let names = line.matches(of: /`([A-Za-z]+Tests(?:\/[A-Za-z]+)?)`/)
      for name in names { #expect(!Self.files(String(name.1)).isEmpty, "\(name.1) is not there") }
      if !line.hasPrefix("|") {
        if line.hasPrefix("#") { common = [] }
        common += names.flatMap { Self.files(String($0.1)) }
        continue
      }
      for title in line.matches(of: /"([^"]+)"/) {
        count += 1
        let named = names.last { $0.range.upperBound <= title.range.lowerBound }.map { Self.files(String($0.1)) }
        let titles = (named ?? common).reduce(into: Set<String>()) { titles, file in
          titles.formUnion(TestTitle.titles(in: file))
          titles.formUnion(TestTitle.cases(in: file))
        }
        #expect(titles.contains(String(title.1)), "no test where the list says so: \(title.1)")
      }
    }
    #expect(count > 50)
  }

  /// `WireTests/HostileBytesTests` is a file, `SimulationTests` all files of a target.
  private static func files(_ name: String) -> [Tree.File] {
    Tree.swift.filter { $0.path == "Tests/\(name).swift" || !name.contains("/") && $0.path.hasPrefix("Tests/\(name)/") }
  }
}
