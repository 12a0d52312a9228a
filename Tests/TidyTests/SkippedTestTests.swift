import Testing

/// A test that did not run must not look like one that passed.
@Suite("Tests that do not run say so")
struct SkippedTestTests {
  private static let tests = Tree.swift.filter { $0.isTest && $0.folder != "Tests/TidyTests" }

  @Test("every condition on a test has a reason")
  func conditionsHaveReasons() {
    var count = 0
    for file in Self.tests {
      for start in file.text.ranges(of: /\.(?:en|dis)abled\(/) {
        count += 1
        var depth = 1
        let arguments = file.text[start.upperBound...].prefix { character in
          if character == "(" { depth += 1 }
          if character == ")" { depth -= 1 }
          return depth > 0
        }
        #expect(arguments.contains("\""), "\(file.path): \(arguments)")
      }
    }
    #expect(count > 5)
  }

  @Test("no test ends early where something is missing: it is skipped, or fails")
  func noEarlyReturns() {
    for file in Self.tests {
      for test in file.declarations.all where test.isTest {
        for number in test.firstLine..<test.firstLine + test.lineCount {
          let line = file.lines[number - 1]
          #expect(!line.contains("else { return }"), "\(file.path):\(number): \(line)")
        }
      }
    }
  }
}
