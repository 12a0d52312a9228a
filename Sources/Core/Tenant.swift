/// For whom a request is computed. What is kept of a tenant's requests serves no other's: the time to a first token
/// would tell what the other had asked.
package struct Tenant: Hashable, Sendable {
  /// The place of the API key in the server's list; 0 where there are no keys.
  package var key: Int
  /// What the client adds, so that only its requests with the same share; empty adds nothing.
  package var salt: String

  package init(key: Int = 0, salt: String = "") {
    self.key = key
    self.salt = salt
  }
}
