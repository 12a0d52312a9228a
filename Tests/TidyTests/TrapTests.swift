import Testing

/// What cannot be expected to hold is thrown, or stopped by a `precondition` with a reason.
@Suite("The program does not trap")
struct TrapTests {
  @Test("nothing in Sources can trap on input by try!, as!, fatalError or an assert that release builds drop")
  func noTrapsOnInput() {
    for banned in ["try!", " as! ", "fatalError(", "assert(", "assertionFailure("] {
      let found: [String] = Tree.sources.flatMap { $0.uses(of: banned) }
      #expect(found.filter { !$0.contains("static_assert(") } == [])
    }
  }
}
