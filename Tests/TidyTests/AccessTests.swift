import Testing

@Suite("Targets share by package access")
struct AccessTests {
  @Test("nothing is public: targets share by package access")
  func nothingIsPublic() {
    let kinds = [
      "func", "var", "let", "struct", "class", "enum", "init", "protocol", "extension", "actor", "import", "static",
      "final", "typealias",
    ]
    #expect(kinds.flatMap { kind in Tree.sources.flatMap { $0.uses(of: "public \(kind)") } } == [])
  }
}
