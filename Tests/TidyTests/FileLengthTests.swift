import Testing

@Suite("Files and lines are short")
struct FileLengthTests {
  @Test("no Swift file is longer than 400 lines, no kernel (with its reference) than 500, no line than 120 columns")
  func filesAndLinesAreShort() {
    #expect(Tree.sources.count > 300, "the tree was found")
    for file in Tree.code {
      let limit = file.path.hasSuffix(".swift") ? 400 : 500
      #expect(file.lines.count <= limit, "\(file.path) has \(file.lines.count) lines: is it one idea?")
      for (index, line) in file.lines.enumerated() where line.count > 120 {
        Issue.record("\(file.path):\(index + 1) has \(line.count) columns")
      }
    }
  }
}
