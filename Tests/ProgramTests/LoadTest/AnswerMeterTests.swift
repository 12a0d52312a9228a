import Testing

@testable import longhaul

@Suite("A streamed answer is measured as it comes")
struct AnswerMeterTests {
  private static func chunk(_ text: String, usage: Int? = nil, finish: String? = nil) -> String {
    let usage = usage.map { ",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":\($0)}" } ?? ""
    let finish = finish.map { "\"\($0)\"" } ?? "null"
    return "data: {\"choices\":[{\"delta\":{\"content\":\"\(text)\"},\"finish_reason\":\(finish)}]\(usage)}\n\n"
  }

  /// One part a millisecond.
  private static func metered(_ parts: [String], status: Int = 200) -> AnswerMeter {
    var meter = AnswerMeter()
    for (index, part) in parts.enumerated() { meter.take(Array(part.utf8), status: status, at: .milliseconds(index)) }
    return meter
  }

  private static func marks(_ meter: AnswerMeter) -> [[Int]] {
    meter.marks.map { [Int($0.time / .milliseconds(1)), $0.tokenCount] }
  }

  private static func kind(_ meter: AnswerMeter, status: Int = 200, failure: AnswerMeter.Failure? = nil) -> String {
    switch meter.end(status: status, transferFailure: failure) {
    case .success(let reason): "finished: \(reason)"
    case .failure(let failure): failure.kind
    }
  }

  @Test("where the server counts nothing, each piece with text is a token, however the bytes are cut")
  func chunks() {
    let whole = Self.chunk("") + Self.chunk("a") + Self.chunk("b")
    let meter = Self.metered([String(whole.prefix(40)), String(whole.dropFirst(40)), Self.chunk("", finish: "stop")])
    #expect(Self.marks(meter) == [[1, 1], [1, 1]] && meter.tokenCount == 2 && meter.counting == .chunks)
    #expect(Self.kind(meter) == "finished: stop")
  }

  @Test("usage at the end corrects the number of tokens, not their times")
  func usage() {
    let last = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":5}}\n\ndata: [DONE]\n\n"
    let meter = Self.metered([Self.chunk("a"), Self.chunk("b", finish: "length"), last])
    #expect(Self.marks(meter) == [[0, 1], [1, 1]] && meter.tokenCount == 5 && meter.promptTokenCount == 7)
    #expect(meter.counting == .usage && Self.kind(meter) == "finished: length")
  }

  @Test("running usage says how many tokens a piece has, also one without text")
  func runningUsage() {
    let meter = Self.metered([
      Self.chunk("", usage: 0), Self.chunk("ab", usage: 2), Self.chunk("", usage: 3),
      Self.chunk("c", usage: 3, finish: "length"),
    ])
    #expect(Self.marks(meter) == [[1, 2], [2, 1]] && meter.tokenCount == 3 && meter.counting == .runningUsage)
  }

  @Test("thoughts, calls of tools and plain completions are tokens, too")
  func otherPieces() {
    for piece in [
      "{\"delta\":{\"reasoning_content\":\"hm\"}}", "{\"delta\":{\"tool_calls\":[{}]}}", "{\"text\":\"a\"}",
    ] {
      #expect(Self.metered(["data: {\"choices\":[\(piece)]}\n"]).tokenCount == 1, "\(piece)")
    }
  }

  @Test("each way to fail has a kind of its own")
  func failures() {
    let timeout = AnswerMeter.Failure(kind: "timed out", text: "")
    let broken = AnswerMeter.Failure(kind: "no answer", text: "")
    let begun = Self.metered([Self.chunk("a")])
    #expect(Self.kind(begun) == "cut" && Self.kind(begun, failure: broken) == "cut")
    #expect(Self.kind(begun, failure: timeout) == "timed out")
    #expect(Self.kind(AnswerMeter(), status: 0, failure: broken) == "no answer")
    #expect(Self.kind(Self.metered(["{\"error\":{}}"], status: 429), status: 429) == "HTTP 429")
    #expect(Self.kind(Self.metered(["<html>"])) == "no stream")
    #expect(Self.kind(Self.metered([Self.chunk("", finish: "stop")])) == "empty")
    let error = "data: {\"error\":{\"message\":\"the worker is lost\"}}\n\n"
    #expect(Self.kind(Self.metered([Self.chunk("a"), error])) == "error event")
    // Whatever comes after the answer's end changes nothing of it.
    #expect(Self.kind(Self.metered([Self.chunk("a", finish: "stop")]), failure: broken) == "finished: stop")
  }

  @Test("a refusal is shown by what the server says")
  func refusal() {
    let meter = Self.metered(["{\"error\":{\"message\":", "\"too many wait\"}}"], status: 429)
    guard case .failure(let failure) = meter.end(status: 429, transferFailure: nil) else {
      Issue.record("a refusal is taken for an answer")
      return
    }
    #expect(failure.text.contains("too many wait"))
  }
}
