/// Text of logs and settings without what lets its reader in.
enum Redaction {
  private static let mark = "REMOVED"

  /// Takes out tokens of `longhaul init`, keys of services that people use, passwords of addresses, and whatever stands
  /// behind a word such as `secret` or `api_key`.
  static func cleaned(_ text: String) -> String {
    // No regex is Sendable, so each is made here.
    let whole = [/lh1_[A-Za-z0-9_\-]+/, /hf_[A-Za-z0-9]{8,}/, /sk-[A-Za-z0-9_\-]{8,}/]
    var text = whole.reduce(text) { $0.replacing($1, with: mark) }
    let named =
      /(?i)((?:\b|_)(?:secret|password|passphrase|token|api[_\-]?keys?|authorization)["']?[ \t]*[:=][ \t]*)[^\n]+/
    text.replace(named) { "\($0.1)\(mark)" }
    text.replace(/(?i)\b((?:bearer|secret)[ \t]+)\S+/) { "\($0.1)\(mark)" }
    text.replace(/(:\/\/[^\s:\/@]+:)[^\s\/@]+@/) { "\($0.1)\(mark)@" }
    return text
  }
}
