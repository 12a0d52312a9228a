import Foundation
import Telemetry
import Testing

@Suite("Spans as an OpenTelemetry collector takes them")
struct SpanDocumentTests {
  private static func text(_ spans: [Span]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(SpanDocument(spans, service: "s", version: "1")), as: UTF8.self)
  }

  @Test("have times and counts as text, and a kind and a status as numbers")
  func document() throws {
    var span = Span(
      trace: String(repeating: "a", count: 32), id: String(repeating: "b", count: 16), parent: nil, name: "generate",
      start: 1_700_000_000_000_000_001, end: .max)
    span.kind = .server
    span.attributes = [("name", .text("\"x\"")), ("count", .count(-3)), ("time", .seconds(0.5))]
    span.events = [.init(time: 7, name: "interrupted")]
    span.failure = "gone"
    #expect(
      try Self.text([span]) == #"""
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}},\#
        {"key":"service.version","value":{"stringValue":"1"}}]},"scopeSpans":[{"scope":{"name":"s","version":"1"},\#
        "spans":[{"attributes":[{"key":"name","value":{"stringValue":"\"x\""}},\#
        {"key":"count","value":{"intValue":"-3"}},\#
        {"key":"time","value":{"doubleValue":0.5}}],"endTimeUnixNano":"18446744073709551615",\#
        "events":[{"name":"interrupted","timeUnixNano":"7"}],"kind":2,"name":"generate","spanId":"bbbbbbbbbbbbbbbb",\#
        "startTimeUnixNano":"1700000000000000001","status":{"code":2,"message":"gone"},\#
        "traceId":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]}]}]}
        """#)
  }

  @Test("name their parent where they have one")
  func parent() throws {
    let span = Span(trace: "a", id: "b", parent: "c", name: "queue", start: 1, end: 2)
    let text = try Self.text([span])
    #expect(text.contains(#""parentSpanId":"c""#))
    #expect(text.contains(#""kind":1"#) && text.contains(#""status":{"code":0}"#))
  }
}
