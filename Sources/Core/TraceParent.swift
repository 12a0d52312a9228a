/// The span of a client that a request belongs to, as a `traceparent` header names it (W3C Trace Context).
package struct TraceParent: Hashable, Sendable {
  /// 32 hexadecimal digits in lower case, not all 0.
  package let trace: String
  /// 16 of them, not all 0.
  package let span: String
  /// Whether the client keeps the trace.
  package let isSampled: Bool

  /// Nil for what is no such header: the standard lets a server begin a trace of its own then.
  package init?(header: String) {
    let parts = header.utf8.count <= 512 ? header.split(separator: "-", omittingEmptySubsequences: false) : []
    guard parts.count >= 4, let version = Self.digits(parts[0], 2), version != "ff",
      version != "00" || parts.count == 4, let trace = Self.digits(parts[1], 32),
      let span = Self.digits(parts[2], 16), let flags = Self.digits(parts[3], 2),
      trace.contains(where: { $0 != "0" }), span.contains(where: { $0 != "0" })
    else { return nil }
    (self.trace, self.span) = (trace, span)
    isSampled = UInt8(flags, radix: 16).map { $0 & 1 == 1 } ?? false
  }

  private static func digits(_ text: Substring, _ count: Int) -> String? {
    let (numbers, letters) = (UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"))
    guard text.utf8.count == count, text.utf8.allSatisfy({ numbers.contains($0) || letters.contains($0) })
    else { return nil }
    return String(text)
  }
}
