import Foundation
import Core
import Logging
import OpenAIAPI
import TestTraits
import Testing

/// What came back.
struct Reply: Sendable {
  let status: Int
  /// Names in lower case.
  let headers: [String: String]
  let body: String

  func header(_ name: String) -> String? { headers[name.lowercased()] }

  /// The body as JSON; null where it is none.
  var json: JSONValue { JSONValue.parsed(body) }

  /// The JSON of each `data:` event but the last mark, in order.
  var chunks: [JSONValue] {
    events.filter { $0.hasPrefix("data: {") }.map { JSONValue.parsed(String($0.dropFirst(6))) }
  }

  /// What lies between blank lines.
  var events: [String] { body.components(separatedBy: "\n\n").filter { !$0.isEmpty } }
}

extension JSONValue {
  static func parsed(_ text: String) -> JSONValue {
    (try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))) ?? .null
  }

  subscript(_ key: String) -> JSONValue {
    if case .object(let fields) = self { fields[key] ?? .null } else { .null }
  }

  subscript(_ index: Int) -> JSONValue {
    if case .array(let items) = self, items.indices.contains(index) { items[index] } else { .null }
  }

  var text: String? { if case .string(let text) = self { text } else { nil } }
  var members: [String: JSONValue]? { if case .object(let fields) = self { fields } else { nil } }
  var count: Int? { if case .array(let items) = self { items.count } else { nil } }
  func has(_ key: String) -> Bool { if case .object(let fields) = self { fields[key] != nil } else { false } }
}

extension CannedEngine {
  var quietLogger: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

  /// - Parameter codec: nil is that of single bytes.
  func server(_ settings: APISettings = APISettings(), codec: ModelTextCodec? = nil) throws -> OpenAIServer {
    var settings = settings
    settings.port = 0
    // On a busy machine a refusal may take its time.
    settings.headTimeout = .seconds(60)
    return OpenAIServer(
      engine: self, codec: try codec ?? ByteVocabulary.codec(), settings: settings, logger: quietLogger)
  }

  func post(
    _ path: String, _ body: String? = nil, settings: APISettings = APISettings(), codec: ModelTextCodec? = nil
  ) async throws -> Reply {
    try await call("POST", path, body, settings: settings, codec: codec)
  }

  func get(
    _ path: String, headers: [String: String] = [:], settings: APISettings = APISettings()
  ) async throws -> Reply {
    try await call("GET", path, headers: headers, settings: settings)
  }

  /// One request to a server of its own.
  func call(
    _ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:],
    settings: APISettings = APISettings(), codec: ModelTextCodec? = nil
  ) async throws -> Reply {
    let request = RawRequest(method: method, path: path, headers: headers, body: body)
    return try await server(settings, codec: codec).reply(to: request)
  }
}
