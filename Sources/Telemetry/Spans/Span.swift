/// A stretch of time in a trace, with the terms of OpenTelemetry.
package struct Span: Sendable {
  package enum Kind: Int, Sendable {
    case `internal` = 1
    /// The work of a server for a client.
    case server = 2
  }

  package enum Attribute: Hashable, Sendable {
    case text(String)
    case count(Int)
    case seconds(Double)
  }

  package struct Event: Sendable {
    /// Nanoseconds since 1970.
    package let time: UInt64
    package let name: String
    package init(time: UInt64, name: String) { (self.time, self.name) = (time, name) }
  }

  /// 32 hexadecimal digits.
  package let trace: String
  /// 16 hexadecimal digits.
  package let id: String
  /// The id of the span that it is a part of; nil for the first of a trace.
  package let parent: String?
  package let name: String
  package var kind = Kind.internal
  /// Nanoseconds since 1970.
  package let start: UInt64
  package let end: UInt64
  package var attributes: [(name: String, value: Attribute)] = []
  package var events: [Event] = []
  /// Why the work failed; nil where it did not.
  package var failure: String?

  package init(trace: String, id: String, parent: String?, name: String, start: UInt64, end: UInt64) {
    (self.trace, self.id, self.parent, self.name, self.start, self.end) = (trace, id, parent, name, start, end)
  }
}
