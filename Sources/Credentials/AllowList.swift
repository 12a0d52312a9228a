package import Transport

/// The public keys of workers. As a file: one name and public key per line; `#` starts a comment.
package struct AllowList: Hashable, Sendable {
  package private(set) var names: [PublicKey: String] = [:]

  package init() {}

  /// - Parameter source: names the text in errors.
  init(text: String, source: String) throws(CredentialError) {
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      guard words.count == 2, let key = PublicKey(words[1]) else {
        throw CredentialError("\(source), line \(index + 1): write a worker's name and its public key")
      }
      try allow(key, as: String(first))
    }
  }

  /// Adds a worker.
  /// - Parameter replaces: whether a key that the worker already has gives way.
  /// - Throws: `CredentialError` when the list already has the name, or the key of another worker.
  package mutating func allow(
    _ key: PublicKey, as name: String, replacing replaces: Bool = false
  ) throws(CredentialError) {
    try KeyFile.check(name: name)
    if replaces {
      names = names.filter { $0.value != name }
    } else if names.values.contains(name) {
      throw CredentialError("worker \(name) already has a key; remove its line from the list to replace the key")
    }
    if let other = names[key] { throw CredentialError("the key of \(name) already belongs to \(other)") }
    names[key] = name
  }

  var text: String {
    "# Workers that may join: name and public key. Remove a line to revoke access.\n"
      + names.sorted { $0.value < $1.value }.map { "\($0.value) \($0.key)\n" }.joined()
  }
}
