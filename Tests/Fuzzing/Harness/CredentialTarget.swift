import Transport

@testable import Credentials

/// What the configuration target does with key files and tokens.
enum CredentialFuzzing {
  static func read(_ text: String) {
    if let file = try? KeyFile(text: text, source: "it") {
      require((try? KeyFile(text: file.text, source: "it")) == file, "key files read what they print")
      require((try? JoinToken.file(JoinToken.text(of: file))) == file || file.coordinatorKey == nil, "tokens are read")
    }
    if let list = try? AllowList(text: text, source: "it") {
      require((try? AllowList(text: list.text, source: "it")) == list, "lists read what they print")
    }
    _ = try? JoinToken.file(text)
  }
}
