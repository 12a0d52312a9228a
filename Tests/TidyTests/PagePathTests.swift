import Testing

@Suite("Paths on pages")
struct PagePathTests {
  @Test("the pages were found")
  func pagesAreThere() {
    #expect(Page.all.count > 15)
    #expect(Page.all.map { $0.pathsInBackticks.count + $0.links.count }.reduce(0, +) > 200)
  }

  @Test("every path that a page names exists", arguments: Tree.pages.map(\.path))
  func pathsExist(name: String) throws {
    let page = Page(file: try #require(Tree.file(name)))
    #expect(page.pathsInBackticks.filter { !page.isThere($0) } == [])
    #expect(page.links.filter { !page.isThere(link: $0) } == [])
  }
}
