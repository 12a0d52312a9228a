/// An unusable key file, allow-list or token. The text names it and the remedy, and contains no secret.
package struct CredentialError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
