import Testing

@Suite("Functions are short")
struct FunctionLengthTests {
  @Test("no function is longer than 60 lines")
  func functionsAreShort() {
    var count = 0
    for file in Tree.swift {
      let declarations = file.declarations
      #expect(declarations.isBalanced, "\(file.path) was misread: teach SourceMask what is in it")
      for function in declarations.all where function.kind == .function {
        count += 1
        #expect(
          function.lineCount <= 60,
          "\(file.path):\(function.firstLine): \(function.name) has \(function.lineCount) lines")
      }
    }
    #expect(count > 3000, "functions were found")
  }
}
