import Testing

@Suite("The tree is finished")
struct UnfinishedMarkTests {
  @Test("nothing is left to be done")
  func noUnfinishedMarks() {
    // Spelled apart so that this file does not find itself.
    for mark in ["TO" + "DO", "FIX" + "ME", "XX" + "X:"] {
      let found = Tree.code.flatMap { file in
        file.lines.enumerated().filter { $0.element.contains(mark) }.map { "\(file.path):\($0.offset + 1)" }
      }
      #expect(found == [])
    }
  }
}
