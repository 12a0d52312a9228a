/// Why a vocabulary cannot be used. The description names what is wrong and what would help.
package struct TokenizerError: Error, Hashable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
