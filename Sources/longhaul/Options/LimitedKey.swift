import Credentials
import Foundation
import OpenAIAPI

/// A line of a file with API keys: a key, and what it may ask for.
struct LimitedKey: Hashable {
  let key: String
  let limits: KeyLimits

  /// All keys of a file. Empty lines and those that begin with `#` are none.
  /// - Throws: `CredentialError`, or `CommandFailure` that names the line; keys are not shown.
  static func read(_ path: String) throws -> [LimitedKey] {
    try SecretFile.read(path).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
      .compactMap { index, line -> LimitedKey? in
        let words = line.split(whereSeparator: \.isWhitespace)
        guard let key = words.first, !key.hasPrefix("#") else { return nil }
        return LimitedKey(key: String(key), limits: try limits(words.dropFirst(), "'\(path)', line \(index + 1)"))
      }
  }

  private static func limits(_ words: ArraySlice<Substring>, _ place: String) throws -> KeyLimits {
    var limits = KeyLimits()
    for word in words {
      let parts = word.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, let count = Int(parts[1]), (1...1_000_000_000).contains(count) else {
        throw refusal(place)
      }
      switch parts[0] {
      case "requests-per-minute": limits.requestsPerMinute = count
      case "tokens-per-minute": limits.tokensPerMinute = count
      default: throw refusal(place)
      }
    }
    return limits
  }

  private static func refusal(_ place: String) -> CommandFailure {
    CommandFailure(
      .badConfiguration,
      "\(place): behind a key may stand requests-per-minute=N and tokens-per-minute=N, N from 1 to 1000000000")
  }
}
