import ArgumentParser
import Credentials
import Foundation
import OpenAIAPI
import Transport

/// Where HTTP is served, and for whom.
struct APIOptions: ParsableArguments {
  @Option(help: "Where HTTP is served: HOST:PORT.")
  var http = "127.0.0.1:8080"

  @Option(
    help: """
      A file with API keys, one a line, that only its owner can read. Default: the keys in the environment's \
      LONGHAUL_API_KEYS, separated by commas; without any no key is asked for.
      """)
  var apiKeys: String?

  @Option(
    help: """
      HTTP connections open at once, at most: whoever has waited longest without a request goes for a newcomer.
      """)
  var httpConnections = 1000

  @Option(
    help: """
      Seconds for which a streamed answer is silent at most before it says in a comment that it is alive; less than \
      what any proxy on the way waits for.
      """)
  var ssePingInterval = 15.0

  @Flag(
    help: """
      Serve what is measured at /metrics, in Prometheus' text format; behind the API keys, where there are any.
      """)
  var metrics = false

  /// - Parameter isInsecure: whether the API may be open to other machines without keys.
  /// - Throws: `CommandFailure` or `CredentialError`.
  func settings(isInsecure: Bool) throws -> APISettings {
    var settings = APISettings()
    guard let colon = http.lastIndex(of: ":"), let port = Int(http[http.index(after: colon)...]),
      (0...65535).contains(port)
    else { throw CommandFailure(.usage, "--http is '\(http)'; it must be HOST:PORT") }
    settings.host = String(http[..<colon])
    settings.port = port
    guard (1...1_000_000).contains(httpConnections) else {
      throw CommandFailure(.usage, "--http-connections must be between 1 and 1000000")
    }
    guard (0.1...3600).contains(ssePingInterval) else {
      throw CommandFailure(.usage, "--sse-ping-interval must be between 0.1 and 3600 seconds")
    }
    settings.longestSilence = .seconds(ssePingInterval)
    // Half of what may be open is left for all else.
    settings.maximumConnectionCount = min(httpConnections, max(1, OpenFiles.limit / 2))
    settings.apiKeys = try keys()
    guard !settings.apiKeys.isEmpty || isInsecure || isLoopback(settings.host, port) else {
      throw CommandFailure(
        .unavailable,
        "\(http) can be reached from other machines and has no API keys; give --api-keys, serve on "
          + "127.0.0.1 behind a proxy, or say with --insecure that it is to be open to all")
    }
    return settings
  }

  private func isLoopback(_ host: String, _ port: Int) -> Bool {
    let host = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    return (try? Endpoint("tcp://\(host):\(port)"))?.isLoopback ?? false
  }

  private func keys() throws -> [String] {
    if let apiKeys {
      let keys = try SecretFile.read(apiKeys).split(whereSeparator: \.isNewline)
        .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
      guard !keys.isEmpty else {
        throw CommandFailure(.badConfiguration, "'\(apiKeys)' has no key; write one a line, or leave --api-keys out")
      }
      return keys
    }
    return (ProcessInfo.processInfo.environment["LONGHAUL_API_KEYS"] ?? "").split { $0 == "," || $0.isWhitespace }
      .map(String.init)
  }
}
