import ArgumentParser
import Fixtures
import Foundation
import Testing

@testable import Coordinator
@testable import longhaul

@Suite("Sending traces to a collector")
struct TracingTests {
  private static func ended(_ cursor: Int, missed: Int = 0) -> EndedSpans {
    EndedSpans(spans: [], cursor: cursor, missedCount: missed)
  }

  @Test("a collector that is away is logged once, and gets the same spans later")
  func away() {
    var progress = TracingProgress()
    #expect(progress.note(Self.ended(3), .away("refused"))?.contains("refused") == true)
    #expect(progress.note(Self.ended(4), .away("refused")) == nil)
    #expect(progress.cursor == 0)
    #expect(progress.note(Self.ended(9, missed: 5), .taken)?.hasPrefix("5 traces were dropped") == true)
    #expect(progress.cursor == 9)
    #expect(progress.note(Self.ended(10), .away("refused")) != nil)
  }

  @Test("what a collector refuses is dropped")
  func refused() {
    var progress = TracingProgress()
    #expect(progress.note(Self.ended(3), .refused("the status is 400")) != nil)
    #expect(progress.cursor == 3)
  }

  @Test("only statuses that say so are worth another try")
  func statuses() {
    #expect(SpanCollector.answer(to: 200) == .taken)
    for status in [429, 502, 503, 504] {
      guard case .away = SpanCollector.answer(to: status) else {
        Issue.record("\(status)")
        continue
      }
    }
    for status in [0, 301, 400, 401, 404, 500] {
      guard case .refused = SpanCollector.answer(to: status) else {
        Issue.record("\(status)")
        continue
      }
    }
  }

  @Test("the address may have OTLP's path or not")
  func addresses() throws {
    for text in ["http://collector:4318", "http://collector:4318/", "http://collector:4318/v1/traces"] {
      #expect(SpanCollector(address: try ServerAddress(text)).url == "http://collector:4318/v1/traces")
    }
    #expect(SpanCollector(address: try ServerAddress("https://host/in")).url == "https://host:443/in/v1/traces")
  }

  @Test("headers are read from a file of the owner's, and a line that is none is named")
  func headers() throws {
    let folder = try ScratchFolder()
    let file = folder.url.appendingPathComponent("headers")
    func collector(_ text: String) throws -> SpanCollector? {
      try text.write(to: file, atomically: false, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
      return try TracingOptions.parse(["--otlp-endpoint", "http://c", "--otlp-headers", file.path]).collector()
    }
    #expect(try collector("api-key: secret\nx: y\n")?.headers == ["api-key: secret", "x: y"])
    for wrong in ["nothing", ": empty", "a b: c", "a: b\u{7}"] {
      let error = #expect(throws: CommandFailure.self) { try collector("x: y\n\(wrong)") }
      #expect(error.map { "\($0)".contains("line 2") } == true)
    }
    #expect(throws: CommandFailure.self) { try TracingOptions.parse(["--otlp-headers", file.path]).collector() }
  }
}
