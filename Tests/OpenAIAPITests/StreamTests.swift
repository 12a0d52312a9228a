import Fixtures
import Foundation
import Core
import OpenAIAPI
import Testing

@Suite("Streams", .timeLimit(.minutes(5)))
struct StreamTests {
  private static let chat = #""messages":[{"role":"user","content":"Hi"}],"stream":true"#

  @Test("A chat stream starts with the role and ends with the reason, the usage and the end mark")
  func chatSequence() async throws {
    let reply = try await CannedEngine.answering("hé", after: [10, 19]).post(
      "/v1/chat/completions", #"{\#(Self.chat),"stream_options":{"include_usage":true}}"#)
    #expect(reply.status == 200)
    #expect(reply.header("Content-Type") == "text/event-stream")
    #expect(reply.header("Cache-Control") == "no-cache")
    #expect(reply.header("X-Accel-Buffering") == "no")
    let stem = #""created":0,"id":"ID","model":"org/canned","object":"chat.completion.chunk""#
    func chunk(_ delta: String, _ reason: String = "null", more: String = "") -> String {
      #"data: {"choices":[{"delta":\#(delta),"finish_reason":\#(reason),"index":0,"logprobs":null}],"#
        + #"\#(stem)\#(more),"usage":null}"#
    }
    let policy =
      #","policy":{"attention":"exact","group_size":1,"method":"plain","neighbor_window":0,"trained_length":256}"#
    let timings = #"""
      ,"timings":{"cache_n":0,"predicted_ms":2000,"predicted_n":3,"predicted_per_second":1,\#
      "predicted_per_token_ms":1000,"prompt_ms":500,"prompt_n":19,"prompt_per_second":38,\#
      "prompt_per_token_ms":26.316,"queue_ms":0}
      """#
    #expect(
      Golden.normalized(reply.body).components(separatedBy: "\n\n") == [
        chunk(#"{"content":null,"role":"assistant"}"#), ": prefill 10/19", ": prefill 19/19",
        chunk(#"{"content":"h"}"#), chunk(#"{"content":"é"}"#), chunk("{}", #""stop""#, more: policy + timings),
        #"data: {"choices":[],\#(stem)\#(timings),"#
          + #""usage":{"completion_tokens":3,"prompt_tokens":19,"#
          + #""prompt_tokens_details":{"cached_tokens":0},"total_tokens":22}}"#,
        "data: [DONE]", "",
      ])
    #expect(Set(reply.chunks.map { $0["id"] }).count == 1)
  }

  @Test("A completion stream has text in every event, in prompt order")
  func completionSequence() async throws {
    let reply = try await CannedEngine.answering("ab").post(
      "/v1/completions", #"{"prompt":["x","y"],"stream":true,"echo":true,"max_tokens":1}"#)
    let seen = reply.chunks.map { chunk in
      let choice = chunk["choices"][0]
      return "\(choice["index"]) \(choice["text"].text ?? "-") \(choice["finish_reason"].text ?? "-")"
    }
    #expect(
      // Answers run at once: only the order within each is certain.
      seen.filter { $0.hasPrefix("integer(0)") } == ["integer(0) xa -", "integer(0)  length"]
        && seen.filter { $0.hasPrefix("integer(1)") } == ["integer(1) ya -", "integer(1)  length"] && seen.count == 4)
    #expect(!reply.chunks.contains { $0.has("usage") })
    #expect(reply.events.last == "data: [DONE]")
  }

  @Test("A stop string split over tokens never shows, and text that resembles one does")
  func stopAcrossTokens() async throws {
    let reply = try await CannedEngine.answering("a<|enough|> <|end|>tail").post(
      "/v1/chat/completions", #"{\#(Self.chat),"stop":"<|end|>"}"#)
    let pieces = reply.chunks.compactMap { $0["choices"][0]["delta"]["content"].text }
    #expect(pieces.joined() == "a<|enough|> ")
    #expect(!pieces.contains { $0.contains("<|e") && !$0.contains("<|en") })
    #expect(reply.chunks.last?["choices"][0]["finish_reason"].text == "stop")
  }

  @Test("Characters cut off by the limit are omitted, never replaced")
  func partialCharacter() async throws {
    let reply = try await CannedEngine.answering("a😀").post(
      "/v1/chat/completions", #"{\#(Self.chat),"max_tokens":3}"#)
    #expect(!reply.body.contains("\u{FFFD}"))
    #expect(reply.chunks.compactMap { $0["choices"][0]["delta"]["content"].text }.joined() == "a")
  }

  @Test("A rejection before the first byte is a status, also when streaming")
  func refusal() async throws {
    let engine = CannedEngine { _, _ in throw EngineError.overloaded(limit: 3) }
    let reply = try await engine.post("/v1/chat/completions", "{\(Self.chat)}")
    #expect(reply.status == 429)
    #expect(reply.header("Retry-After") == "2")
    #expect(reply.json["error"]["code"].text == "overloaded")
  }

  @Test("A failure after the first byte is one error event and the end of the stream")
  func failure() async throws {
    let engine = CannedEngine { request, events in
      events.yield(.admitted(try CannedEngine.choice(request)))
      events.yield(.token(100, logprob: nil, top: []))
      events.finish(throwing: EngineError.failed("stage 1 was lost"))
    }
    let reply = try await engine.post("/v1/chat/completions", "{\(Self.chat)}")
    #expect(reply.status == 200)
    #expect(reply.chunks.last?["error"]["message"].text == "stage 1 was lost")
    #expect(reply.chunks.last?["error"]["code"].text == "engine_failed")
    #expect(!reply.body.contains("[DONE]"))
  }

  @Test("An engine that ends without a final event is an error")
  func missingEnd() async throws {
    let engine = CannedEngine { request, events in
      events.yield(.admitted(try CannedEngine.choice(request)))
      events.finish()
    }
    let streamed = try await engine.post("/v1/chat/completions", "{\(Self.chat)}")
    #expect(streamed.chunks.last?["error"]["type"].text == "unavailable_error")
    let whole = try await engine.post("/v1/completions", #"{"prompt":"x"}"#)
    #expect(whole.status == 503)
  }

  @Test("An idle stream repeats the progress of prefill")
  func keepAlive() async throws {
    let engine = CannedEngine { request, events in
      events.yield(.admitted(try CannedEngine.choice(request)))
      events.yield(.prefillProgress(done: 5, total: 19))
    }
    var settings = APISettings()
    settings.keepAliveInterval = .milliseconds(5)
    let server = try engine.server(settings)
    let seen = try await LiveStream.events(server, "/v1/chat/completions", "{\(Self.chat)}", until: 8)
    // On a busy machine some may precede the first chunk.
    #expect(seen.suffix(3) == [": prefill 5/19", ": prefill 5/19", ": prefill 5/19"])
    #expect(await engine.nextEndIsCancellation() == true)
  }

  @Test(
    "A client that leaves during prefill or in the middle cancels the generation", arguments: [true, false])
  func disconnect(inPrefill: Bool) async throws {
    let engine = CannedEngine { request, events in
      events.yield(.admitted(try CannedEngine.choice(request)))
      if !inPrefill { events.yield(.token(100, logprob: nil, top: [])) }
    }
    let seen = try await LiveStream.events(
      try engine.server(), "/v1/chat/completions", "{\(Self.chat)}", until: inPrefill ? 1 : 2)
    #expect(seen.count == (inPrefill ? 1 : 2))
    #expect(await engine.nextEndIsCancellation() == true)
  }

  @Test("A client that disconnects before the response cancels the generation")
  func disconnectWhole() async throws {
    let (started, begun) = AsyncStream<Void>.makeStream()
    let engine = CannedEngine { request, events in
      events.yield(.admitted(try CannedEngine.choice(request)))
      begun.yield()
    }
    try await engine.server().whileServing { port in
      let body = #"{"prompt":"x"}"#
      let head = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
      do {
        let client = try #require(RawConnection(port: port))
        client.send(head + body)
        for await _ in started { break }
      }
      #expect(await engine.nextEndIsCancellation() == true)
    }
  }

  @Test("On request every event has the timings so far, and others say how far the prompt is")
  func progress() async throws {
    let fields = #"\#(Self.chat),"return_progress":true,"timings_per_token":true"#
    let chunks = try await CannedEngine.answering("ab", after: [10, 19]).post("/v1/chat/completions", "{\(fields)}")
      .chunks
    let reports = chunks.map { $0["prompt_progress"] }.filter { $0 != .null }
    #expect(reports.map { $0["processed"] } == [.integer(0), .integer(10), .integer(19)])
    #expect(reports.allSatisfy { $0["total"] == .integer(19) && $0["cache"] == .integer(0) && $0.has("time_ms") })
    #expect(!chunks[0].has("timings") && chunks.dropFirst().allSatisfy { $0.has("timings") })
    #expect(chunks[1]["timings"]["prompt_n"] == .integer(0))
    #expect(chunks.last?["timings"]["predicted_n"] == .integer(2))
    let plain = try await CannedEngine.answering("ab", after: [10]).post("/v1/chat/completions", "{\(Self.chat)}")
      .chunks
    #expect(!plain.contains { $0.has("prompt_progress") })
  }

  @Test("An answer with a line break ends when its time is over, and another one does not")
  func predictionLimit() async throws {
    for (text, reason) in [("a\nb", "length"), ("a b", "stop")] {
      let engine = CannedEngine { request, events in
        events.yield(.admitted(try CannedEngine.choice(request)))
        Task {
          for token in ByteVocabulary.tokens(of: text) {
            events.yield(.token(token, logprob: nil, top: []))
            try await Task.sleep(for: .milliseconds(5))
          }
          events.yield(.finished(.stop, GenerationTimings()))
          events.finish()
        }
      }
      let reply = try await engine.post("/v1/completions", #"{"prompt":"x","t_max_predict_ms":1}"#)
      #expect(reply.json["choices"][0]["finish_reason"].text == reason, "\(text)")
    }
  }
}
