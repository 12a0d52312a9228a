/// Why a text is not accepted as a grammar, or a grammar cannot be followed. The text names the place and the remedy.
package struct GrammarError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
