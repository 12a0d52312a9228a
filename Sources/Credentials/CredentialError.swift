/// A key file, allow-list or token that cannot be used. The text names it and the remedy, and shows no secret.
package struct CredentialError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
