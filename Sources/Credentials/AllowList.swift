package import Transport

/// Which keys are which workers'. As a file: a name and a public key a line; `#` begins a comment.
package struct AllowList: Hashable, Sendable {
  package private(set) var names: [PublicKey: String] = [:]

  package init() {}

  /// - Parameter source: what the text is called in errors.
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
  /// - Throws: `CredentialError` when the name or the key is on the list already.
  package mutating func allow(_ key: PublicKey, as name: String) throws(CredentialError) {
    try KeyFile.check(name: name)
    if names.values.contains(name) {
      throw CredentialError("worker \(name) has a key already; take its line off the list to give it another")
    }
    if let other = names[key] { throw CredentialError("the key of \(name) is already that of \(other)") }
    names[key] = name
  }

  var text: String {
    "# Workers that may join: name and public key. Without its line a worker is no longer heard.\n"
      + names.sorted { $0.value < $1.value }.map { "\($0.value) \($0.key)\n" }.joined()
  }
}
