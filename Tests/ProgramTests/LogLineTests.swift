import Foundation
import Logging
import Testing

@testable import longhaul

@Suite("Lines of the log")
struct LogLineTests {
  private func line(_ event: String, _ fields: [String: String]) -> LogLine {
    LogLine(
      time: Date(timeIntervalSince1970: 1.25), level: .warning, component: "worker", node: "w1", event: event,
      fields: fields)
  }

  @Test("as text: time, level, component, event and fields, on one line")
  func text() {
    #expect(
      line("stage ready", ["kv": "1", "a": "two\nwords"]).text
        == #"1970-01-01T00:00:01Z warning worker: stage ready a="two\nwords" kv=1"#)
  }

  @Test("as JSON: one object, whose event is an identifier, and no field takes another's place")
  func json() throws {
    let text = line("stage ready", ["event": "x", "kv": "1\n\"2\""]).json
    #expect(!text.contains("\n"))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: String])
    #expect(
      object == [
        "ts": "1970-01-01T00:00:01.250Z", "level": "warning", "component": "worker", "node": "w1",
        "event": "stage_ready", "detail": "x", "kv": "1\n\"2\"",
      ])
  }

  @Test("for the journal a number says the level")
  func journal() { #expect(line("x", [:]).journalPriority == "<4>") }
}
