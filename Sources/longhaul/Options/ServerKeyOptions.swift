import ArgumentParser
import Foundation

/// The API key that this program shows to a server.
struct ServerKeyOptions: ParsableArguments {
  @Option(help: "A file with the API's keys, of which the first is used. Default: the first of LONGHAUL_API_KEYS.")
  var apiKeys: String?

  /// Nil where there is none.
  /// - Throws: `CredentialError` or `CommandFailure` for a file that has none.
  func key() throws -> String? {
    if let apiKeys { return try LimitedKey.read(apiKeys).first?.key }
    return Self.keyOfEnvironment
  }

  /// The first of the keys that a server of this environment would have.
  static var keyOfEnvironment: String? {
    (ProcessInfo.processInfo.environment["LONGHAUL_API_KEYS"] ?? "").split { $0 == "," || $0.isWhitespace }.first
      .map(String.init)
  }
}
