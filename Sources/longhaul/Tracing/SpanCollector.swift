import Core
import Foundation
import HTTPClient
import Telemetry

/// An OpenTelemetry collector that takes spans by OTLP over HTTP.
struct SpanCollector: Sendable {
  enum Answer: Hashable {
    case taken
    /// The same spans may be taken later.
    case away(String)
    /// They never will.
    case refused(String)
  }

  /// Seconds that a post may take.
  private static let timeout = 10

  let address: ServerAddress
  /// `Name: value`.
  var headers: [String] = []

  /// OTLP's path, behind that of the address.
  var url: String { "\(address)".hasSuffix("/v1/traces") ? "\(address)" : "\(address)/v1/traces" }

  /// Posts spans. Blocks.
  func post(_ spans: [Span]) -> Answer {
    guard let body = try? JSONEncoder().encode(SpanDocument(spans, service: "longhaul", version: BuildInfo.version))
    else { return .refused("the spans cannot be written as JSON") }
    var transfer = HTTPTransfer(url: url)
    transfer.headers = headers
    transfer.body = Array(body)
    transfer.failsOnRefusal = false
    transfer.timeout = Self.timeout
    transfer.usesProxy = address.isSecure
    do {
      // Nothing in its body matters; a hostile one is not kept.
      return Self.answer(to: try transfer.run { _ in true }.status)
    } catch {
      return .away(error.text)
    }
  }

  /// What a status means (OTLP 1, "OTLP/HTTP response").
  static func answer(to status: Int) -> Answer {
    switch status {
    case 200..<300: .taken
    case 429, 502, 503, 504: .away("the status is \(status)")
    default: .refused("the status is \(status)")
    }
  }
}
