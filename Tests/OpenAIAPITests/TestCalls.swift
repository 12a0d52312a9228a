import Foundation
import Hummingbird
import HummingbirdTesting
import Core
import Logging
import OpenAIAPI

/// What came back.
struct Reply: Sendable {
  let status: Int
  private let headers: HTTPFields
  let body: String

  init(status: Int, headers: HTTPFields, body: String) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  func header(_ name: String) -> String? { HTTPFields.Element.Name(name).flatMap { headers[$0] } }

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
  var count: Int? { if case .array(let items) = self { items.count } else { nil } }
  func has(_ key: String) -> Bool { if case .object(let fields) = self { fields[key] != nil } else { false } }
}

extension CannedEngine {
  var quietLogger: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

  func server(_ settings: APISettings = APISettings()) throws -> OpenAIServer {
    var settings = settings
    settings.port = 0
    return OpenAIServer(
      engine: self, codec: try ByteVocabulary.codec(), settings: settings, logger: quietLogger)
  }

  func post(
    _ path: String, _ body: String? = nil, settings: APISettings = APISettings(),
    over setup: TestingSetup = .router
  ) async throws -> Reply {
    try await call("POST", path, body, settings: settings, over: setup)
  }

  func get(
    _ path: String, headers: [String: String] = [:], settings: APISettings = APISettings()
  ) async throws -> Reply {
    try await call("GET", path, headers: headers, settings: settings)
  }

  /// One request, straight into the router unless a live server is wanted.
  func call(
    _ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:],
    settings: APISettings = APISettings(), over setup: TestingSetup = .router
  ) async throws -> Reply {
    var fields = HTTPFields()
    for (name, value) in headers {
      if let name = HTTPFields.Element.Name(name) { fields[name] = value }
    }
    let sent = (method: HTTPRequest.Method(rawValue: method), fields: fields)
    return try await server(settings).makeApplication().test(setup) { client in
      try await client.execute(
        uri: path, method: sent.method ?? .get, headers: sent.fields,
        body: body.map { ByteBuffer(string: $0) }
      ) { response in
        Reply(
          status: Int(response.status.code), headers: response.headers, body: String(buffer: response.body))
      }
    }
  }
}
