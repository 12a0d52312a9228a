import Core
import Testing

@Suite("The traceparent header of a client's span")
struct TraceParentTests {
  private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  private static let span = "00f067aa0ba902b7"

  @Test("names the trace, the span and whether the client keeps it")
  func parts() throws {
    let kept = try #require(TraceParent(header: "00-\(Self.trace)-\(Self.span)-01"))
    #expect(kept.trace == Self.trace && kept.span == Self.span && kept.isSampled)
    #expect(try #require(TraceParent(header: "00-\(Self.trace)-\(Self.span)-00")).isSampled == false)
    #expect(try #require(TraceParent(header: "00-\(Self.trace)-\(Self.span)-03")).isSampled)
  }

  @Test("of a later version may say more behind it")
  func laterVersion() {
    #expect(TraceParent(header: "cc-\(Self.trace)-\(Self.span)-01-what-else") != nil)
    #expect(TraceParent(header: "00-\(Self.trace)-\(Self.span)-01-what-else") == nil)
  }

  @Test(
    "of another form is none",
    arguments: [
      "", "-", "---", "00-\(trace)-\(span)", "ff-\(trace)-\(span)-01", "0-\(trace)-\(span)-01",
      "00-\(trace.uppercased())-\(span)-01", "00-\(String(repeating: "0", count: 32))-\(span)-01",
      "00-\(trace)-\(String(repeating: "0", count: 16))-01", "00-\(trace)0-\(span)-01", "00-\(trace)-\(span)-1",
      "00-\(trace)-\(span)-xy", "00-é\(trace.dropFirst(2))-\(span)-01", String(repeating: "0", count: 5000),
    ])
  func otherForms(_ header: String) {
    #expect(TraceParent(header: header) == nil)
  }
}
