import Testing

/// The reader that the rules on lengths and names rest on.
@Suite("Declarations of a Swift file")
struct SwiftDeclarationsTests {
  @Test("braces in comments, texts and regular expressions are none")
  func onlyCodeHasBraces() {
    let source = ##"""
      // {
      /* { /* { */ */
      let a = "{ \(b["}"] ?? "{") \" {", c = /[{"]+/, d = e / f
      let g = #"{ " \#(a["}"]) {"#
      let long = """
        { " \(h("{")) ""
        """
      func i() { _ = a.split(separator: /}/) }
      """##
    let declarations = SwiftDeclarations(source)
    #expect(declarations.isBalanced)
    #expect(declarations.all.map(\.name) == ["i"])
    #expect(!SwiftDeclarations("struct A { func b() { }").isBalanced)
  }

  @Test("types have their own lines without those of types in them; extensions have the name of what they extend")
  func linesOfTypes() {
    let source = """
      struct Outer<T> where T: Hashable {
        class func one() {}
        enum Inner: Int {
          case a
          init() { self.init(rawValue: 0) }
        }
      }
      extension Outer.Inner { var x: Int { 1 } }
      protocol P {
        func required()
        var value: Int { get }
      }
      """
    let types = SwiftDeclarations(source).all.filter { $0.kind == .type }
    #expect(types.map(\.name) == ["Outer.Inner", "Outer", "Outer.Inner", "P"])
    #expect(types.map(\.ownLineCount) == [4, 3, 1, 4])
  }

  @Test("functions end at their own brace, whatever closures they are given, and tests are known")
  func linesOfFunctions() {
    let source = """
      @Test("a", arguments: [1].map { $0 })
      func a(
        body: () -> Void = { }
      ) async throws -> [Int] {
        if true { items.map { $0 } }
      }
      func b() { }
      """
    let functions = SwiftDeclarations(source).all
    #expect(functions.map(\.name) == ["a", "b"])
    #expect(functions.map(\.lineCount) == [5, 1])
    #expect(functions.map(\.isTest) == [true, false])
  }
}
