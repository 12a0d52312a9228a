import ArgumentParser
import Core
import Credentials
import Foundation
import OpenAIAPI

/// Address, API keys and limits of the HTTP server.
struct APIOptions: ParsableArguments {
  @Option(help: "HTTP listen address: HOST:PORT, or [ADDRESS]:PORT for IPv6.")
  var http = "127.0.0.1:8080"

  @OptionGroup var tls: TLSOptions

  @Option(
    help: """
      A file with API keys, one per line, readable by its owner only. Behind a key may stand what it may ask for: \
      requests-per-minute=N, tokens-per-minute=N. Default: the comma-separated keys in the environment variable \
      LONGHAUL_API_KEYS. With no keys, the API requires none.
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

  @Option(
    help: """
      A name by which clients may ask for the model, in place of its own; repeatable. Answers bear the first one. '*' \
      lets them ask by any name.
      """)
  var alias: [String] = []

  @Option(
    help: """
      A JSON file with fields that requests have where they say nothing, such as {"temperature": 0.7, "max_tokens": \
      512}.
      """)
  var modelDefaults: String?

  @Option(
    help: """
      An origin whose web pages may call the API, such as https://chat.example.com; repeatable. localhost stands for \
      this machine's, * for any, none for none. Default: *.
      """)
  var corsOrigin: [String] = []

  @Flag(
    help: """
      Serve Prometheus metrics at /metrics. API keys protect it like every other route.
      """)
  var metrics = false

  @Flag(help: "Do not show running sequences at /slots.")
  var noSlots = false

  @Flag(help: "Serve no web page at /.")
  var noPage = false

  /// - Parameter isInsecure: whether the API may accept other machines without keys.
  /// - Throws: `CommandFailure` or `CredentialError`.
  func settings(isInsecure: Bool) throws -> APISettings {
    var settings = APISettings()
    let address = try self.address()
    (settings.host, settings.port) = (address.host, Int(address.port))
    settings.certificate = try tls.certificate()
    guard (1...1_000_000).contains(httpConnections) else {
      throw CommandFailure(.usage, "--http-connections must be between 1 and 1000000")
    }
    guard (0.1...3600).contains(ssePingInterval) else {
      throw CommandFailure(.usage, "--sse-ping-interval must be between 0.1 and 3600 seconds")
    }
    settings.keepAliveInterval = .seconds(ssePingInterval)
    // Leave half of the file descriptors for everything else.
    settings.maximumConnectionCount = min(httpConnections, max(1, OpenFiles.limit / 2))
    guard alias.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 256 }) else {
      throw CommandFailure(.usage, "--alias must have between 1 and 256 bytes")
    }
    settings.modelAliases = alias
    settings.requestDefaults = try requestDefaults()
    settings.allowedOrigins = try origins()
    settings.servesPage = !noPage
    settings.servesSlots = !noSlots
    let keys = try self.keys()
    (settings.apiKeys, settings.keyLimits) = (keys.map(\.key), keys.map(\.limits))
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
    // Never nil: there is a value.
    guard let address = try HTTPAddress(option: "--http", http) else {
      throw CommandFailure(.usage, "--http is missing")
    }
    return address
  }

  private func requestDefaults() throws -> RequestDefaults {
    guard let modelDefaults else { return RequestDefaults() }
    do {
      return try RequestDefaults(try JSONFile.object(modelDefaults))
    } catch let error as APIError {
      throw CommandFailure(.badConfiguration, "'\(modelDefaults)' has no defaults for a model: \(error.message)")
    } catch let error as InvalidParameter {
      throw CommandFailure(.badConfiguration, "'\(modelDefaults)' has no defaults for a model: \(error)")
    }
  }

  private func origins() throws -> AllowedOrigins {
    guard !corsOrigin.isEmpty else { return .any }
    let names = ["*", "localhost", "none"]
    if let wrong = corsOrigin.first(where: { !names.contains($0) && !$0.contains("://") }) {
      throw CommandFailure(
        .usage, "--cors-origin is '\(wrong)'; write SCHEME://HOST or SCHEME://HOST:PORT, localhost, * or none")
    }
    return AllowedOrigins(corsOrigin.filter { $0 != "none" })
  }

  private func keys() throws -> [LimitedKey] {
    if let apiKeys {
      let keys = try LimitedKey.read(apiKeys)
      guard !keys.isEmpty else {
        throw CommandFailure(.badConfiguration, "'\(apiKeys)' has no keys; write one per line, or omit --api-keys")
      }
      return keys
    }
    return (ProcessInfo.processInfo.environment["LONGHAUL_API_KEYS"] ?? "").split { $0 == "," || $0.isWhitespace }
      .map { LimitedKey(key: String($0), limits: KeyLimits()) }
  }
}
