/// Why a model is not fetched: what failed, and what to do.
package struct HubError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable {
    /// The reference cannot be followed: its form, or what the repository has.
    case reference
    /// The hub cannot be reached, or refuses.
    case unavailable
    /// What came is not what the hub says it is.
    case damaged
    /// The cache cannot be written.
    case disk
  }

  package let kind: Kind
  package let description: String

  package init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
