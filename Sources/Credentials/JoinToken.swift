import Foundation

/// A worker's key file as one word to copy.
///
/// The token contains the worker's secret key, created on the coordinator's machine. Anyone with the token can
/// impersonate the worker until its line leaves the allow-list, so treat it like a password. To keep the secret key on
/// the worker's machine, create the pair there and transfer only the public key.
package enum JoinToken {
  private static let prefix = "lh1_"

  package static func text(of file: KeyFile) -> String {
    let body = Data(file.text.utf8).base64EncodedString().replacingOccurrences(of: "+", with: "-")
      .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    return prefix + body + checksum(body)
  }

  /// - Throws: `CredentialError` when the text is not a complete token.
  package static func file(_ text: String) throws(CredentialError) -> KeyFile {
    let word = text.trimmingCharacters(in: .whitespacesAndNewlines)
    let broken = CredentialError("this is not a complete join token; copy the whole token from 'longhaul init'")
    guard word.hasPrefix(prefix), word.utf8.count < 8192 else { throw broken }
    let body = String(word.dropFirst(prefix.count).dropLast(8))
    guard word.hasSuffix(checksum(body)), word.count == prefix.count + body.count + 8 else { throw broken }
    let padded =
      body.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
      + String(repeating: "=", count: (4 - body.utf8.count % 4) % 4)
    guard let data = Data(base64Encoded: padded), let text = String(validating: data, as: UTF8.self) else {
      throw broken
    }
    let file = try KeyFile(text: text, source: "the token")
    guard file.coordinator != nil, file.coordinatorKey != nil else { throw broken }
    return file
  }

  /// Detects copying errors only; it is no protection.
  private static func checksum(_ body: String) -> String {
    var hash: UInt32 = 2_166_136_261
    for byte in body.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return String(String(UInt64(hash) | 1 << 32, radix: 16).dropFirst())
  }
}
