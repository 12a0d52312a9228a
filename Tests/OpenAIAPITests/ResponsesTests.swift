import Core
import JSON
import TestTraits
import Testing

@testable import OpenAIAPI

@Suite("Responses", .timeLimit(.minutes(5)))
struct ResponsesTests {
  private static let tool = #"{"type":"function","name":"time","parameters":{"type":"object"}}"#
  private static let call = #"<tool_call>{"name":"time","arguments":{"zone":"CET"}}</tool_call>"#

  /// One of several requests, made with the replies before it.
  private typealias Ask = @Sendable ([Reply]) -> RawRequest

  private static func ask(_ method: String, _ path: String, _ body: String? = nil) -> RawRequest {
    RawRequest(method: method, path: path, body: body)
  }

  /// Several requests to one server.
  private static func talk(_ engine: CannedEngine, _ requests: [Ask]) async throws -> [Reply] {
    try await engine.server().whileServing { port in
      var replies: [Reply] = []
      for request in requests {
        let asked = request(replies)
        replies.append(try #require(await OwnThread.run { asked.response(port: port) }))
      }
      return replies
    }
  }

  @Test("A response has its text, its usage and what the request asked for")
  func whole() async throws {
    let reply = try await CannedEngine.answering("Hello").post(
      "/v1/responses", #"{"model":"","input":"Hi","instructions":"Be kind.","metadata":{"a":"b"},"temperature":0.5}"#)
    let response = reply.json
    #expect(response["object"].text == "response" && response["status"].text == "completed")
    #expect(response["id"].text?.hasPrefix("resp_") == true && response["error"] == .null)
    #expect(response["output"][0]["type"].text == "message" && response["output"][0]["role"].text == "assistant")
    #expect(response["output"][0]["content"][0]["type"].text == "output_text")
    #expect(response["output"][0]["content"][0]["text"].text == "Hello")
    #expect(response["usage"]["output_tokens"] == .integer(5) && response["instructions"].text == "Be kind.")
    #expect(response["metadata"]["a"].text == "b" && response["temperature"] == .number(0.5))
  }

  @Test("An answer that its limit ends is incomplete")
  func incomplete() async throws {
    let reply = try await CannedEngine.answering("Hello").post(
      "/v1/responses", #"{"input":"Hi","max_output_tokens":2}"#)
    #expect(reply.json["status"].text == "incomplete")
    #expect(reply.json["incomplete_details"]["reason"].text == "max_output_tokens")
  }

  @Test("Calls are items of their own, and their outputs come back as the tool's messages")
  func calls() async throws {
    let engine = CannedEngine.answering("<think>So.</think>\(Self.call)")
    let replies = try await Self.talk(
      engine,
      [
        { _ in Self.ask("POST", "/v1/responses", #"{"input":"Hi","tools":[\#(Self.tool)],"tool_choice":"auto"}"#) },
        { replies in
          let response = replies[0].json
          let id = response["output"][1]["call_id"].text ?? ""
          return Self.ask(
            "POST", "/v1/responses",
            #"{"previous_response_id":"\#(response["id"].text ?? "")","input":[{"type":"function_call_output","#
              + #""call_id":"\#(id)","output":"noon"}]}"#
          )
        },
      ])
    let output = replies[0].json["output"]
    #expect(output[0]["type"].text == "reasoning" && output[0]["content"][0]["text"].text == "So.")
    #expect(output[1]["type"].text == "function_call" && output[1]["name"].text == "time")
    #expect(output[1]["arguments"].text == #"{"zone":"CET"}"# && output.count == 2)
    #expect(replies[1].status == 200, "\(replies[1].body)")
    // The template of these tests shows contents only; the call itself is written by tools' own prompt.
    let prompt = String(decoding: (engine.requests.last?.prompt ?? []).dropFirst().map { UInt8($0 - 3) }, as: UTF8.self)
    #expect(prompt.hasPrefix("user:Hi\nassistant:") && prompt.hasSuffix("tool:noon\nassistant:"))
  }

  @Test("Events open, grow and close each item, numbered in order, and end with the whole response")
  func streamed() async throws {
    let reply = try await CannedEngine.answering("Hm. \(Self.call)").post(
      "/v1/responses", #"{"input":"Hi","stream":true,"tools":[\#(Self.tool)]}"#)
    let events = reply.body.split(separator: "\n").filter { $0.hasPrefix("data: ") }
      .map { JSONValue.parsed(String($0.dropFirst(6))) }
    #expect(events.indices.allSatisfy { events[$0]["sequence_number"] == .integer($0) })
    let types = events.compactMap { $0["type"].text }
    #expect(
      types.prefix(4) == [
        "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
      ])
    let deltas = events.filter { $0["type"].text == "response.output_text.delta" }
    #expect(deltas.compactMap { $0["delta"].text }.joined() == "Hm.")
    #expect(
      types.suffix(8) == [
        "response.output_text.done", "response.content_part.done", "response.output_item.done",
        "response.output_item.added", "response.function_call_arguments.delta",
        "response.function_call_arguments.done", "response.output_item.done", "response.completed",
      ])
    let response = try #require(events.last?["response"])
    #expect(response["output"].count == 2 && response["output"][1]["arguments"].text == #"{"zone":"CET"}"#)
    #expect(events.allSatisfy { $0["type"].text != "error" } && !reply.body.contains("[DONE]"))
  }

  @Test("A response is kept unless it says otherwise, continued, listed and deleted")
  func store() async throws {
    let engine = CannedEngine.answering("Hello")
    let id: @Sendable ([Reply]) -> String = { $0[0].json["id"].text ?? "" }
    let replies = try await Self.talk(
      engine,
      [
        { _ in Self.ask("POST", "/v1/responses", #"{"input":"Hi","instructions":"Be kind."}"#) },
        { Self.ask("GET", "/v1/responses/\(id($0))") },
        { Self.ask("POST", "/v1/responses", #"{"input":"More","previous_response_id":"\#(id($0))"}"#) },
        { Self.ask("GET", "/v1/responses/\(id($0))/input_items") },
        { Self.ask("POST", "/v1/responses/\(id($0))/cancel") },
        { Self.ask("DELETE", "/v1/responses/\(id($0))") },
        { Self.ask("GET", "/v1/responses/\(id($0))") },
        { _ in Self.ask("POST", "/v1/responses", #"{"input":"Hi","store":false}"#) },
        { Self.ask("GET", "/v1/responses/\($0[7].json["id"].text ?? "")") },
        { Self.ask("PUT", "/v1/responses/\(id($0))") },
      ])
    #expect(replies.map(\.status) == [200, 200, 200, 200, 400, 200, 404, 200, 404, 405])
    #expect(replies[1].json == replies[0].json)
    let prompt = ByteVocabulary.tokens(of: "user:Hi\nassistant:Hello\nuser:More\nassistant:")
    #expect(engine.requests[1].prompt == [1] + prompt)
    #expect(replies[3].json["data"][0]["content"][0]["text"].text == "Hi")
    #expect(replies[5].json["deleted"] == .bool(true))
    #expect(replies[9].header("Allow") == "DELETE, GET, HEAD")
  }

  @Test("A response in the background is answered at once, can be asked for, and canceled")
  func background() async throws {
    let engine = CannedEngine { request, events in events.yield(.admitted(try CannedEngine.choice(request))) }
    let id: @Sendable ([Reply]) -> String = { $0[0].json["id"].text ?? "" }
    let replies = try await Self.talk(
      engine,
      [
        { _ in Self.ask("POST", "/v1/responses", #"{"input":"Hi","background":true}"#) },
        { Self.ask("GET", "/v1/responses/\(id($0))") },
        { Self.ask("POST", "/v1/responses/\(id($0))/cancel") },
        { Self.ask("GET", "/v1/responses/\(id($0))") },
      ])
    #expect(replies.map(\.status) == [200, 200, 200, 200])
    #expect(replies[0].json["status"].text == "queued" && replies[3].json["status"].text == "cancelled")
    #expect(["queued", "in_progress"].contains(replies[1].json["status"].text))
  }

  @Test("The oldest responses make room for new ones, by number and by size")
  func bounds() {
    func entry(_ id: String, _ text: String = "") -> ResponseStore.Entry {
      let response = ResponseObject(id: id, created: 0, model: "m", echo: [:], status: .completed)
      return ResponseStore.Entry(response: response, messages: [], input: .string(text))
    }
    let few = ResponseStore(maximumCount: 2)
    for id in ["a", "b", "c"] { few.insert(entry(id)) }
    #expect(few["a"] == nil && few["b"] != nil && few["c"] != nil)
    let small = ResponseStore(maximumByteCount: 8000)
    small.insert(entry("a", String(repeating: "x", count: 4000)))
    small.insert(entry("b", String(repeating: "x", count: 4000)))
    small.insert(entry("c", String(repeating: "x", count: 9000)))
    #expect(small["a"] == nil && small["b"] != nil && small["c"] == nil)
  }

  @Test(
    "What is wrong is refused by name",
    arguments: [
      ("{}", "input"), (#"{"input":[]}"#, "input"), (#"{"input":[{"type":"x"}]}"#, "input[0].type"),
      (#"{"input":[{"role":"user","content":[{"type":"input_image"}]}]}"#, "input[0].content[0].type"),
      (#"{"input":"a","tools":[{"type":"web_search"}]}"#, "tools[0].type"),
      (#"{"input":"a","truncation":"auto"}"#, "truncation"),
      (#"{"input":"a","background":true,"stream":true}"#, "background"),
      (#"{"input":"a","text":{"format":{"type":"json_schema"}}}"#, "text.format.schema"),
      (#"{"input":"a","conversation":"c"}"#, "conversation"),
    ])
  func refusals(body: String, parameter: String) async throws {
    let reply = try await CannedEngine.answering("").post("/v1/responses", body)
    #expect(reply.status == 400 && reply.json["error"]["param"].text == parameter, "\(reply.body)")
  }

  @Test("A schema binds the text, and an unknown response to continue is a 404")
  func formats() async throws {
    let engine = CannedEngine.answering("{}")
    _ = try await engine.post(
      "/v1/responses",
      #"{"input":"a","text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}}}"#)
    #expect(engine.requests.first?.constraint == TextConstraint(kind: .jsonSchema, source: #"{"type":"object"}"#))
    let reply = try await engine.post("/v1/responses", #"{"input":"a","previous_response_id":"resp_x"}"#)
    #expect(reply.status == 404 && reply.json["error"]["code"].text == "response_not_found")
  }
}
