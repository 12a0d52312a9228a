import ArgumentParser
import Credentials
import Foundation
import OpenAIAPI

/// Address, API keys and limits of the HTTP server.
struct APIOptions: ParsableArguments {
  @Option(help: "HTTP listen address: HOST:PORT, or [ADDRESS]:PORT for IPv6.")
  var http = "127.0.0.1:8080"

  @Option(
    help: """
      A file with API keys, one per line, readable by its owner only. Default: the comma-separated keys in the \
      environment variable LONGHAUL_API_KEYS. With no keys, the API requires none.
      """)
  var apiKeys: String?

  @Option(
    help: """
      Maximum open HTTP connections. At the limit, the connection that has been idle longest is closed.
      """)
  var httpConnections = 1000

  @Option(
    help: """
      Seconds between keep-alive comments on an idle stream. Keep it below your proxy's idle timeout.
      """)
  var ssePingInterval = 15.0

  @Flag(
    help: """
      Serve Prometheus metrics at /metrics. API keys protect it like every other route.
      """)
  var metrics = false

  /// - Parameter isInsecure: whether the API may accept other machines without keys.
  /// - Throws: `CommandFailure` or `CredentialError`.
  func settings(isInsecure: Bool) throws -> APISettings {
    var settings = APISettings()
    let address = try self.address()
    (settings.host, settings.port) = (address.host, Int(address.port))
    guard (1...1_000_000).contains(httpConnections) else {
      throw CommandFailure(.usage, "--http-connections must be between 1 and 1000000")
    }
    guard (0.1...3600).contains(ssePingInterval) else {
      throw CommandFailure(.usage, "--sse-ping-interval must be between 0.1 and 3600 seconds")
    }
    settings.keepAliveInterval = .seconds(ssePingInterval)
    // Leave half of the file descriptors for everything else.
    settings.maximumConnectionCount = min(httpConnections, max(1, OpenFiles.limit / 2))
    settings.apiKeys = try keys()
    guard !settings.apiKeys.isEmpty || isInsecure || address.isLoopback else {
      throw CommandFailure(
        .unavailable,
        "\(http) is reachable from other machines and has no API keys; pass --api-keys, listen on 127.0.0.1 behind "
          + "a proxy, or pass --insecure to leave it open")
    }
    return settings
  }

  /// - Throws: `CommandFailure` with the reason.
  func address() throws -> HTTPAddress {
    do throws(HTTPAddress.Refusal) {
      return try HTTPAddress(http)
    } catch {
      throw CommandFailure(.usage, "--http is '\(http)'; \(error.reason)")
    }
  }

  private func keys() throws -> [String] {
    if let apiKeys {
      let keys = try SecretFile.read(apiKeys).split(whereSeparator: \.isNewline)
        .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
      guard !keys.isEmpty else {
        throw CommandFailure(.badConfiguration, "'\(apiKeys)' has no keys; write one per line, or omit --api-keys")
      }
      return keys
    }
    return (ProcessInfo.processInfo.environment["LONGHAUL_API_KEYS"] ?? "").split { $0 == "," || $0.isWhitespace }
      .map(String.init)
  }
}
