import Core
import OpenAIAPI
import Testing

@Suite("Tools", .timeLimit(.minutes(5)))
struct ToolCallTests {
  private static let tools = """
    "messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{"name":"time",\
    "description":"the time","parameters":{"type":"object","properties":{"zone":{"type":"string"}}}}}]
    """
  private static let call = #"<tool_call>{"name":"time","arguments":{"zone":"CET"}}</tool_call>"#

  @Test("A call is in the message, with arguments as JSON text, and is why the answer ends")
  func whole() async throws {
    let engine = CannedEngine.answering("Let me see.\n\(Self.call)\(Self.call)")
    let reply = try await engine.post("/v1/chat/completions", "{\(Self.tools)}")
    let choice = reply.json["choices"][0]
    #expect(choice["finish_reason"].text == "tool_calls")
    #expect(choice["message"]["content"].text == "Let me see.")
    #expect(choice["message"]["tool_calls"].count == 2)
    let first = choice["message"]["tool_calls"][0]
    #expect(first["type"].text == "function" && first["id"].text?.count == 9)
    #expect(first["function"]["name"].text == "time")
    #expect(first["function"]["arguments"].text == #"{"zone":"CET"}"#)
    #expect(first["id"] != choice["message"]["tool_calls"][1]["id"])
  }

  @Test("A message that only calls has null for its content")
  func onlyCall() async throws {
    let reply = try await CannedEngine.answering(Self.call).post("/v1/chat/completions", "{\(Self.tools)}")
    let message = reply.json["choices"][0]["message"]
    #expect(message.has("content") && message["content"] == .null && message["tool_calls"].count == 1)
  }

  @Test("A stream numbers its calls, and names each once")
  func streamed() async throws {
    let engine = CannedEngine.answering("Hm. \(Self.call)\n\(Self.call)")
    let reply = try await engine.post("/v1/chat/completions", #"{\#(Self.tools),"stream":true}"#)
    let deltas = reply.chunks.map { $0["choices"][0]["delta"] }
    #expect(deltas.compactMap { $0["content"].text }.joined() == "Hm.")
    let calls = deltas.map { $0["tool_calls"][0] }.filter { $0 != .null }
    #expect(calls.map { $0["index"] } == [.integer(0), .integer(1)])
    #expect(calls.allSatisfy { $0["function"]["name"].text == "time" && $0["id"].text != nil })
    #expect(calls.allSatisfy { $0["function"]["arguments"].text == #"{"zone":"CET"}"# })
    #expect(reply.chunks.last?["choices"][0]["finish_reason"].text == "tool_calls")
  }

  @Test("Without parallel calls the answer ends after its first, and the generation is canceled")
  func oneCall() async throws {
    let engine = CannedEngine { request, events in
      events.yield(.admitted(try CannedEngine.choice(request)))
      for token in ByteVocabulary.tokens(of: Self.call + Self.call) {
        events.yield(.token(token, logprob: nil, top: []))
      }
    }
    let reply = try await engine.post("/v1/chat/completions", #"{\#(Self.tools),"parallel_tool_calls":false}"#)
    #expect(reply.json["choices"][0]["message"]["tool_calls"].count == 1)
    #expect(reply.json["choices"][0]["finish_reason"].text == "tool_calls")
    #expect(await engine.nextEndIsCancellation() == true)
  }

  @Test("A function in OpenAI's older form is called in the older form, whole and streamed")
  func olderCall() async throws {
    let engine = CannedEngine.answering(Self.call)
    let older = #""messages":[{"role":"user","content":"Hi"}],"functions":[{"name":"time"}]"#
    let choice = try await engine.post("/v1/chat/completions", "{\(older)}").json["choices"][0]
    #expect(choice["finish_reason"].text == "function_call" && !choice["message"].has("tool_calls"))
    #expect(choice["message"]["function_call"]["name"].text == "time" && choice["message"]["content"] == .null)
    let chunks = try await engine.post("/v1/chat/completions", #"{\#(older),"stream":true}"#).chunks
    let calls = chunks.map { $0["choices"][0]["delta"]["function_call"] }.filter { $0 != .null }
    #expect(calls.count == 1 && calls[0]["arguments"].text == #"{"zone":"CET"}"#)
    #expect(chunks.last?["choices"][0]["finish_reason"].text == "function_call")
  }

  @Test(
    "An answer that is a bare call of a known tool is one, and another object is content",
    arguments: [
      (#"{"name": "time", "arguments": {"zone": "CET"}}"#, true),
      ("```json\n{\"name\": \"time\", \"arguments\": {\"zone\": \"CET\"}}\n```", true),
      (#"{"name": "date", "arguments": {}}"#, false), (#"{"zone": "CET"}"#, false),
      (#"So: {"name": "time", "arguments": {"zone": "CET"}}"#, false),
    ])
  func bareCall(answer: String, isCall: Bool) async throws {
    let reply = try await CannedEngine.answering(answer).post("/v1/chat/completions", "{\(Self.tools)}")
    let message = reply.json["choices"][0]["message"]
    #expect(message["tool_calls"][0]["function"]["name"].text == (isCall ? "time" : nil))
    #expect(message["content"].text == (isCall ? nil : answer))
  }

  @Test("The tools that a choice allows are the only ones that the model sees")
  func allowedTools() async throws {
    let engine = CannedEngine.answering("x")
    _ = try await engine.post(
      "/v1/chat/completions",
      #"{"messages":[{"role":"user","content":"Hi"}],"tools":[{"function":{"name":"a"}},{"function":{"name":"b"}}],"#
        + #""tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":"#
        + #"[{"type":"function","function":{"name":"b"}}]}}}"#)
    #expect(engine.requests.first?.prompt == [1] + ByteVocabulary.tokens(of: "user:Hi\ntool\u{2581}b\nassistant:"))
    #expect(engine.requests.first?.constraint?.kind == .structuralTag)
  }

  @Test("The template gets the tools, also those in the older form, and none with tool_choice none")
  func prompts() async throws {
    let engine = CannedEngine.answering("x")
    _ = try await engine.post("/v1/chat/completions", "{\(Self.tools)}")
    _ = try await engine.post("/v1/chat/completions", #"{\#(Self.tools),"tool_choice":"none"}"#)
    let older = #""messages":[{"role":"user","content":"Hi"}],"functions":[{"name":"zone"}],"function_call":"auto""#
    _ = try await engine.post("/v1/chat/completions", "{\(older)}")
    let expected = [
      "user:Hi\ntool\u{2581}time\nassistant:", "user:Hi\nassistant:", "user:Hi\ntool\u{2581}zone\nassistant:",
    ]
    #expect(engine.requests.map(\.prompt) == expected.map { [1] + ByteVocabulary.tokens(of: $0) })
  }

  @Test("Thoughts are apart from the content, in it, or left out")
  func thoughts() async throws {
    let engine = CannedEngine.answering("<think>So.</think>\n\nYes")
    let chat = #""messages":[{"role":"user","content":"Hi"}]"#
    func message(_ more: String) async throws -> JSONValue {
      try await engine.post("/v1/chat/completions", "{\(chat)\(more)}").json["choices"][0]["message"]
    }
    let apart = try await message("")
    #expect(apart["content"].text == "Yes" && apart["reasoning_content"].text == "So.")
    #expect(try await message(#","reasoning_format":"none""#)["content"].text == "<think>So.</think>\n\nYes")
    let hidden = try await message(#","include_reasoning":false"#)
    #expect(hidden["content"].text == "Yes" && !hidden.has("reasoning_content"))
    let streamed = try await engine.post("/v1/chat/completions", #"{\#(chat),"stream":true}"#)
    let deltas = streamed.chunks.map { $0["choices"][0]["delta"] }
    #expect(deltas.compactMap { $0["reasoning_content"].text }.joined() == "So.")
    #expect(deltas.compactMap { $0["content"].text }.joined() == "Yes")
  }

  @Test(
    "What is wrong with a tool is refused by name",
    arguments: [
      (#""tools":[{"type":"retrieval"}]"#, "tools[0].type"), (#""tools":[{"type":"function"}]"#, "tools[0].function"),
      (#""tools":[{"function":{}}]"#, "tools[0].function.name"),
      (#""tools":[{"function":{"name":"f","parameters":[]}}]"#, "tools[0].function.parameters"),
      (#""tools":[{"function":{"name":"f"}},{"function":{"name":"f"}}]"#, "tools[1].function.name"),
      (#""tools":[{"function":{"name":"f"}}],"tool_choice":3"#, "tool_choice"),
      (#""tools":[{"function":{"name":"f"}}],"tool_choice":{"function":{"name":"g"}}"#, "tool_choice"),
      (#""tool_choice":"required""#, "tool_choice"),
      (#""tools":[{"function":{"name":"f","strict":3}}]"#, "tools[0].function.strict"),
      (#""tools":[{"function":{"name":"f","strict":true,"parameters":{"not":{}}}}]"#, "tools"),
    ])
  func refusals(fields: String, parameter: String) async throws {
    let reply = try await CannedEngine.answering("x").post(
      "/v1/chat/completions", #"{"messages":[{"role":"user","content":"Hi"}],\#(fields)}"#)
    #expect(reply.status == 400)
    #expect(reply.json["error"]["param"].text == parameter, "\(reply.body)")
  }
}
