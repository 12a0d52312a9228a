package import Transport

/// The identity of a process: its name, its key pair and, for workers, the coordinator's address and public key.
///
/// As a file: one keyword and value per line, mode 0600. `#` starts a comment.
package struct KeyFile: Hashable, Sendable {
  package let name: String
  package let pair: KeyPair
  /// The coordinator's address for workers.
  package let coordinator: Endpoint?
  /// Nil in the coordinator's own file.
  package let coordinatorKey: PublicKey?

  /// - Throws: `CredentialError` when the name is not valid in files and lists.
  package init(
    name: String, pair: KeyPair, coordinator: Endpoint?, coordinatorKey: PublicKey?
  ) throws(CredentialError) {
    try Self.check(name: name)
    self.name = name
    self.pair = pair
    self.coordinator = coordinator
    self.coordinatorKey = coordinatorKey
  }

  /// Reads a file.
  /// - Throws: `CredentialError`, also when users other than the owner can read the file.
  package init(path: String) throws(CredentialError) {
    try self.init(text: SecretFile.read(path), source: "'\(path)'")
  }

  /// Writes a new file; an existing one is never overwritten.
  package func create(at path: String) throws(CredentialError) {
    try SecretFile.create(path, "# This file contains the secret key of \(name). Keep it private.\n" + text)
  }

  package static func check(name: String) throws(CredentialError) {
    let isPlain = name.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == 0x2D || byte == 0x2E || byte == 0x5F
    }
    guard isPlain, (1...128).contains(name.utf8.count), !name.hasPrefix("."), !name.hasPrefix("-") else {
      throw CredentialError(
        "'\(name.prefix(140))' is not a valid worker name; use up to 128 letters, digits, '.', '-' and '_'")
    }
  }

  // MARK: Text

  var text: String {
    var lines = ["name \(name)", "secret \(pair.secretText)"]
    if let coordinator { lines.append("coordinator \(coordinator)") }
    if let coordinatorKey { lines.append("coordinator-key \(coordinatorKey)") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// - Parameter source: names the text in errors.
  init(text: String, source: String) throws(CredentialError) {
    var values: [Substring: Substring] = [:]
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      guard let word = line.split(separator: " ").first, !word.hasPrefix("#") else { continue }
      let value = line.drop { $0 == " " }.dropFirst(word.count).drop { $0 == " " }
      guard ["name", "secret", "coordinator", "coordinator-key"].contains(word), values[word] == nil, !value.isEmpty
      else { throw CredentialError("\(source) is not a key file: line \(index + 1) is malformed") }
      values[word] = value
    }
    func broken(_ reason: String) -> CredentialError { CredentialError("\(source) is not a key file: \(reason)") }
    guard let name = values["name"], let secret = values["secret"] else { throw broken("name or secret is missing") }
    let pair: KeyPair?
    let coordinator: Endpoint?
    do {
      pair = try KeyPair(secretText: secret)
      coordinator = try values["coordinator"].map { try Endpoint(String($0)) }
    } catch {
      throw broken("\(error)")
    }
    guard let pair else { throw broken("the secret is not 64 hexadecimal digits") }
    let key = values["coordinator-key"].map { PublicKey($0) }
    if case .some(nil) = key { throw broken("the coordinator's key is not 64 hexadecimal digits") }
    try self.init(name: String(name), pair: pair, coordinator: coordinator, coordinatorKey: key ?? nil)
  }
}
