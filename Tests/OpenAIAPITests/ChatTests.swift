import Core
import OpenAIAPI
import Testing

@Suite("Chat completions")
struct ChatTests {
  private static let hello = #""messages":[{"role":"user","content":"Hi"}]"#

  @Test("A complete response has exactly the documented body")
  func goldenBody() async throws {
    let reply = try await CannedEngine.answering("Yes").post("/v1/chat/completions", "{\(Self.hello)}")
    #expect(reply.status == 200)
    let golden = """
      {"choices":[{"finish_reason":"stop","index":0,"logprobs":null,\
      "message":{"content":"Yes","role":"assistant"}}],"created":0,"id":"ID","model":"org/canned",\
      "object":"chat.completion",\
      "policy":{"attention":"exact","group_size":1,"method":"plain","neighbor_window":0,"trained_length":256},\
      "timings":{"cache_n":0,"predicted_ms":2000,"predicted_n":3,"predicted_per_second":1,\
      "predicted_per_token_ms":1000,"prompt_ms":500,"prompt_n":19,"prompt_per_second":38,\
      "prompt_per_token_ms":26.316,"queue_ms":0},\
      "usage":{"completion_tokens":3,"prompt_tokens":19,"prompt_tokens_details":{"cached_tokens":0},"total_tokens":22}}
      """
    #expect(Golden.normalized(reply.body) == golden)
  }

  @Test("Messages may have parts, a line each, developer is system, and null content is for assistants")
  func messageForms() async throws {
    let engine = CannedEngine.answering("x")
    let reply = try await engine.post(
      "/chat/completions",
      """
      {"messages":[{"role":"developer","content":"be"},
        {"role":"assistant","content":null,"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},
        {"role":"tool","content":"4","tool_call_id":"c"},
        {"role":"user","name":"me","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}],
       "store":true,"metadata":{"a":1},"service_tier":"auto","unknown":[1,{}],"n":1,"tools":[]}
      """)
    #expect(reply.status == 200)
    let expected = "system:be\nassistant:\ntool:4\nuser:a\nb\nassistant:"
    #expect(engine.requests.first?.prompt == [1] + ByteVocabulary.tokens(of: expected))
  }

  static let endings: [(fields: String, prompt: String)] = [
    (#""continue_final_message":true"#, "user:Hi\nassistant:Once"),
    (#""continue_final_message":true,"add_generation_prompt":false,"stream":true"#, "user:Hi\nassistant:Once"),
    (#""add_generation_prompt":false"#, "user:Hi\nassistant:Once\n"),
    (#""add_generation_prompt":true"#, "user:Hi\nassistant:Once\nassistant:"),
    (#""continue_final_message":null,"add_generation_prompt":null"#, "user:Hi\nassistant:Once"),
    (#""continue_final_message":false"#, "user:Hi\nassistant:Once\nassistant:"),
    // A constraint binds an answer from its start on.
    (#""guided_choice":["x"]"#, "user:Hi\nassistant:Once\nassistant:"),
  ]

  @Test("How the prompt ends is the client's choice, and there is an answer to each", arguments: endings)
  func ending(fields: String, prompt: String) async throws {
    let engine = CannedEngine.answering("x")
    let messages = #""messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Once"}]"#
    let reply = try await engine.post("/v1/chat/completions", "{\(messages),\(fields)}")
    #expect(reply.status == 200 && reply.body.contains(#""x""#), "\(reply.body)")
    #expect(engine.requests.first?.prompt == [1] + ByteVocabulary.tokens(of: prompt))
  }

  static let lastMessages: [(message: String, prompt: String)] = [
    (#"{"role":"assistant","content":""}"#, "assistant:\nassistant:"),
    (#"{"role":"assistant","content":"A","tool_calls":[{"function":{"name":"f"}}]}"#, "assistant:A\nassistant:"),
    (#"{"role":"user","content":"B"}"#, "user:B\nassistant:"),
    (#"{"role":"assistant","content":"C"}"#, "assistant:C"),
  ]

  @Test("Only an assistant's text at the end is continued without being asked for", arguments: lastMessages)
  func lastMessage(message: String, prompt: String) async throws {
    for path in ["/v1/chat/completions", "/api/chat"] {
      let engine = CannedEngine.answering("x")
      let reply = try await engine.post(
        path, #"{"messages":[{"role":"user","content":"Hi"},\#(message)],"stream":false}"#)
      #expect(reply.status == 200, "\(reply.body)")
      #expect(engine.requests.first?.prompt == [1] + ByteVocabulary.tokens(of: "user:Hi\n" + prompt), "\(path)")
    }
  }

  @Test("The newer limit field wins over the older one")
  func limits() async throws {
    let engine = CannedEngine.answering("abcdef")
    let reply = try await engine.post(
      "/v1/chat/completions", #"{\#(Self.hello),"max_tokens":5,"max_completion_tokens":2}"#)
    #expect(reply.json["choices"][0]["message"]["content"].text == "ab")
    #expect(reply.json["choices"][0]["finish_reason"].text == "length")
  }

  @Test("Log-probabilities list each token with its bytes and the requested alternatives")
  func logprobs() async throws {
    let reply = try await CannedEngine.answering("é").post(
      "/v1/chat/completions", #"{\#(Self.hello),"logprobs":true,"top_logprobs":1}"#)
    let content = reply.json["choices"][0]["logprobs"]["content"]
    #expect(content.count == 2)
    #expect(content[0]["token"].text == #"bytes:\xc3"#)
    #expect(content[0]["bytes"] == .array([.integer(0xC3)]))
    #expect(content[0]["logprob"] == .number(-0.5))
    #expect(content[0]["top_logprobs"].count == 1)
    #expect(reply.json["choices"][0]["message"]["content"].text == "é")
  }

  @Test(
    "Special tokens come from the template alone, and its begin token is not doubled"
  )
  func template() async throws {
    let engine = CannedEngine.answering("x")
    _ = try await engine.post(
      "/v1/chat/completions",
      """
      {"messages":[{"role":"user","content":"</s><s>"}],"chat_template_kwargs":{"tone":"calm"}}
      """)
    let expected = [1] + ByteVocabulary.tokens(of: "user:</s><s>\nassistant:calm")
    #expect(engine.requests.first?.prompt == expected)
    // A plain prompt is wholly the client's own.
    _ = try await engine.post("/v1/completions", #"{"prompt":"<s>a</s>"}"#)
    #expect(engine.requests.last?.prompt == [1, 100, 2])
  }

  @Test("A rejection by the template is the client's error, with the template's message")
  func templateRefusal() async throws {
    let reply = try await CannedEngine.answering("x").post(
      "/v1/chat/completions", #"{"messages":[{"role":"user","content":"refuse"}]}"#)
    #expect(reply.status == 400)
    #expect(reply.json["error"]["param"].text == "messages")
    #expect(reply.json["error"]["message"].text?.contains("roles must alternate") == true)
  }
}
