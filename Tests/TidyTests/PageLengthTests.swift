import Testing

@Suite("Pages are short")
struct PageLengthTests {
  @Test("README.md has at most 7,000 bytes")
  func readmeIsShort() throws {
    #expect(try #require(Tree.file("README.md")).text.utf8.count <= 7000)
  }

  @Test("Sources/README.md has at most 120 lines of at most 160 columns")
  func architectureIsShort() throws {
    let page = try #require(Tree.file("Sources/README.md"))
    #expect(page.lines.count <= 121)
    #expect(page.lines.filter { $0.count > 160 } == [])
  }
}
