/// Spans of one process as a collector takes them: the body of an OTLP request (OpenTelemetry Protocol 1, JSON).
/// 64-bit integers are strings in it, as Protobuf's JSON has them.
package struct SpanDocument: Encodable, Sendable {
  private let resourceSpans: [ResourceSpans]

  /// - Parameters:
  ///   - service: the program's name.
  ///   - version: the program's.
  package init(_ spans: [Span], service: String, version: String) {
    let resource = Resource(attributes: [
      .init("service.name", .text(service)), .init("service.version", .text(version)),
    ])
    let scope = ScopeSpans(scope: .init(name: service, version: version), spans: spans.map { .init($0) })
    resourceSpans = [ResourceSpans(resource: resource, scopeSpans: [scope])]
  }

  private struct ResourceSpans: Encodable {
    let resource: Resource
    let scopeSpans: [ScopeSpans]
  }

  private struct Resource: Encodable {
    let attributes: [Attribute]
  }

  private struct ScopeSpans: Encodable {
    struct Scope: Encodable {
      let name: String
      let version: String
    }

    let scope: Scope
    let spans: [Body]
  }

  private struct Body: Encodable {
    struct Event: Encodable {
      let timeUnixNano: String
      let name: String
    }

    struct Status: Encodable {
      /// 2 is an error.
      let code: Int
      let message: String?
    }

    let traceId: String
    let spanId: String
    let parentSpanId: String?
    let name: String
    let kind: Int
    let startTimeUnixNano: String
    let endTimeUnixNano: String
    let attributes: [Attribute]
    let events: [Event]
    let status: Status

    init(_ span: Span) {
      (traceId, spanId, parentSpanId, name) = (span.trace, span.id, span.parent, span.name)
      kind = span.kind.rawValue
      (startTimeUnixNano, endTimeUnixNano) = (String(span.start), String(span.end))
      attributes = span.attributes.map { .init($0.name, $0.value) }
      events = span.events.map { .init(timeUnixNano: String($0.time), name: $0.name) }
      status = Status(code: span.failure == nil ? 0 : 2, message: span.failure)
    }
  }

  private struct Attribute: Encodable {
    struct Value: Encodable {
      var stringValue: String?
      var intValue: String?
      var doubleValue: Double?
    }

    let key: String
    let value: Value

    init(_ key: String, _ value: Span.Attribute) {
      self.key = key
      switch value {
      case .text(let text): self.value = Value(stringValue: text)
      case .count(let count): self.value = Value(intValue: String(count))
      case .seconds(let seconds): self.value = Value(doubleValue: seconds)
      }
    }
  }
}
