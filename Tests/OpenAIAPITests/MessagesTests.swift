import Core
import OpenAIAPI
import Testing

@Suite("Anthropic's messages", .timeLimit(.minutes(5)))
struct MessagesTests {
  private static let hello = #""messages":[{"role":"user","content":"Hi"}],"max_tokens":60"#
  private static let tool = #""tools":[{"name":"time","input_schema":{"type":"object"}}]"#
  private static let call = #"Hm. <tool_call>{"name":"time","arguments":{"zone":"CET"}}</tool_call>"#

  @Test("A message has blocks of content, its reason and its usage")
  func whole() async throws {
    let reply = try await CannedEngine.answering("<think>So.</think>Yes").post("/v1/messages", "{\(Self.hello)}")
    #expect(reply.status == 200)
    #expect(reply.json["type"].text == "message" && reply.json["role"].text == "assistant")
    #expect(reply.json["content"][0]["thinking"].text == "So.")
    #expect(reply.json["content"][1] == .object(["type": .string("text"), "text": .string("Yes")]))
    #expect(reply.json["stop_reason"].text == "end_turn" && reply.json["stop_sequence"] == .null)
    #expect(reply.json["usage"]["output_tokens"] == .integer(21))
  }

  @Test("Systems, blocks, calls and their results are the chat's messages in order")
  func messages() async throws {
    let engine = CannedEngine.answering("x")
    let reply = try await engine.post(
      "/v1/messages",
      """
      {"max_tokens":1,"system":[{"type":"text","text":"be","cache_control":{}}],"messages":[
        {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
        {"role":"assistant","content":[{"type":"text","text":"c"},
          {"type":"tool_use","id":"t","name":"time","input":{"zone":1}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"4"}]},
          {"type":"text","text":"d"}]}]}
      """)
    #expect(reply.status == 200, "\(reply.body)")
    let expected = "system:be\nuser:a\nb\nassistant:c\ntool:4\nuser:d\nassistant:"
    #expect(engine.requests.first?.prompt == [1] + ByteVocabulary.tokens(of: expected))
  }

  @Test("Calls are blocks with their input as JSON")
  func call() async throws {
    let reply = try await CannedEngine.answering(Self.call).post(
      "/v1/messages", #"{"messages":[{"role":"user","content":"Hi"}],"max_tokens":150,\#(Self.tool)}"#)
    #expect(reply.json["stop_reason"].text == "tool_use")
    #expect(reply.json["content"][0]["text"].text == "Hm.")
    let block = reply.json["content"][1]
    #expect(block["type"].text == "tool_use" && block["name"].text == "time" && block["id"].text != nil)
    #expect(block["input"] == .object(["zone": .string("CET")]))
  }

  @Test("A stream opens, fills and closes each block, then says why it ended")
  func stream() async throws {
    let reply = try await CannedEngine.answering(Self.call).post(
      "/v1/messages",
      #"{"messages":[{"role":"user","content":"Hi"}],"max_tokens":150,"stream":true,\#(Self.tool)}"#)
    let lines = reply.body.split(separator: "\n")
    let names = lines.filter { $0.hasPrefix("event: ") }.map { String($0.dropFirst(7)) }
    #expect(names.first == "message_start" && names.suffix(2) == ["message_delta", "message_stop"])
    #expect(names.filter { $0 == "content_block_start" }.count == 2)
    #expect(names.filter { $0 == "content_block_stop" }.count == 2)
    let events = lines.filter { $0.hasPrefix("data: ") }.map { JSONValue.parsed(String($0.dropFirst(6))) }
    #expect(events.map { $0["type"].text } == names)
    #expect(events.compactMap { $0["delta"]["text"].text }.joined() == "Hm.")
    #expect(events.compactMap { $0["delta"]["partial_json"].text }.joined() == #"{"zone":"CET"}"#)
    #expect(events.compactMap { $0["delta"]["stop_reason"].text } == ["tool_use"])
    #expect(
      events.filter { $0["type"].text == "content_block_start" }.map { $0["index"] } == [.integer(0), .integer(1)])
  }

  @Test("A stop sequence is named, tokens are counted, and errors have Anthropic's form")
  func details() async throws {
    let engine = CannedEngine.answering("one END two")
    let stopped = try await engine.post("/v1/messages", #"{\#(Self.hello),"stop_sequences":["END"]}"#)
    #expect(stopped.json["stop_reason"].text == "stop_sequence" && stopped.json["stop_sequence"].text == "END")
    let count = try await engine.post("/v1/messages/count_tokens", "{\(Self.hello)}")
    #expect(count.body == #"{"input_tokens":19}"#)
    let wrong = try await engine.post("/v1/messages", #"{"messages":[]}"#)
    #expect(wrong.status == 400 && wrong.json["type"].text == "error")
    #expect(wrong.json["error"]["type"].text == "invalid_request_error")
    let image = #"{"messages":[{"role":"user","content":[{"type":"image"}]}],"max_tokens":1}"#
    let refused = try await engine.post("/v1/messages", image)
    #expect(refused.json["error"]["message"].text?.contains("messages[0].content[0].type") == true)
  }
}
