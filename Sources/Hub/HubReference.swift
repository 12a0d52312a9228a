/// A model on a hub, as users write it: `hf:OWNER/REPO`, with `@REVISION` behind it, and `:QUANT` or `:FILE`.
package struct HubReference: Hashable, Sendable {
  package static let prefix = "hf:"

  /// `OWNER/REPO`.
  package let repository: String
  package let revision: String
  /// A quantization's name, or a file's; nil lets the repository decide.
  package let choice: String?

  /// - Throws: `HubError` for another form. Names end up in paths, so they have no other characters than the hub's.
  package init(_ text: String) throws(HubError) {
    guard text.hasPrefix(Self.prefix) else { throw Self.malformed(text) }
    let parts = text.dropFirst(Self.prefix.count).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let named = parts[0].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let names = named[0].split(separator: "/", omittingEmptySubsequences: false)
    guard names.count == 2, names.allSatisfy(Self.isName), named.count < 2 || Self.isPath(named[1]),
      parts.count < 2 || Self.isPath(parts[1])
    else { throw Self.malformed(text) }
    repository = String(named[0])
    revision = named.count < 2 ? "main" : String(named[1])
    choice = parts.count < 2 ? nil : String(parts[1])
  }

  private static func malformed(_ text: String) -> HubError {
    HubError(
      .reference, "'\(text)' is no model of a hub; write hf:OWNER/REPO, hf:OWNER/REPO:Q4_K_M or hf:OWNER/REPO:FILE")
  }

  private static func isName(_ text: Substring) -> Bool {
    (1...96).contains(text.utf8.count) && text.first != "." && text.utf8.allSatisfy(isNameByte)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
    default: false
    }
  }

  /// Whether a text names a file below a folder and nothing outside it.
  static func isPath(_ text: some StringProtocol) -> Bool {
    guard (1...512).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != 0x5C }) else {
      return false
    }
    return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
      !["", ".", ".."].contains(String($0))
    }
  }
}
