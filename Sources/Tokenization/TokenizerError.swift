/// Why a vocabulary is unusable. The description names the problem and a remedy.
package struct TokenizerError: Error, Hashable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
