import ArgumentParser
import Credentials

/// Where the traces of requests are sent.
struct TracingOptions: ParsableArguments {
  @Option(
    help: """
      Send a trace of every request to the OpenTelemetry collector at this address, such as http://127.0.0.1:4318, by \
      OTLP over HTTP. No text of a request is in it.
      """)
  var otlpEndpoint: String?

  @Option(
    help: """
      A file with headers for the collector, one 'Name: value' a line, readable by its owner only.
      """)
  var otlpHeaders: String?

  /// Nil without options: no trace is sent.
  /// - Throws: `CommandFailure` or `CredentialError`.
  func collector() throws -> SpanCollector? {
    guard let otlpEndpoint else {
      guard otlpHeaders == nil else {
        throw CommandFailure(.usage, "--otlp-headers requires --otlp-endpoint, the collector that they are for")
      }
      return nil
    }
    return SpanCollector(address: try ServerAddress(otlpEndpoint), headers: try headers())
  }

  private func headers() throws -> [String] {
    guard let otlpHeaders else { return [] }
    return try SecretFile.read(otlpHeaders).split(whereSeparator: \.isNewline).enumerated().map { index, line in
      let name = line.prefix { $0 != ":" }
      guard name.count < line.count, !name.isEmpty,
        name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), line.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
      else {
        throw CommandFailure(.badConfiguration, "'\(otlpHeaders)', line \(index + 1): write 'Name: value'")
      }
      return String(line)
    }
  }
}
