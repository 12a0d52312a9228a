import Core
import OpenAIAPI
import Testing

@Suite("Hostile requests")
struct HostileInputTests {
  private static let fields = [
    "model", "prompt", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens",
    "temperature",
    "top_p", "top_k", "min_p", "seed", "presence_penalty", "frequency_penalty", "repetition_penalty",
    "repeat_penalty",
    "stop", "stop_token_ids", "ignore_eos", "n", "best_of", "logprobs", "top_logprobs", "echo", "suffix",
    "group_size", "policy",
    "neighbor_window", "tools", "tool_choice", "response_format", "logit_bias", "add_generation_prompt",
    "chat_template_kwargs",
  ]
  private static let values = [
    "null", "true", "0", "-1", "1", "1.5", "-0.0", "1e400", "-1e400", "1e39", "9223372036854775807",
    "9223372036854775808", "-9223372036854775809", "18446744073709551616", "\"\"", "\"x\"", "\"\\ud800\"",
    "[]", "{}",
    "[null]", "[[]]", "[[1],\"a\"]", "[true]", "[-1]", "[300]", "[2147483648]", "[{}]", "{\"type\":1}",
    "{\"include_usage\":1}", "[{\"role\":1}]", "[{\"role\":\"user\"}]",
    "[{\"role\":\"user\",\"content\":[{}]}]",
    "[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]", "NaN", "Infinity", "\"\\u0000\"",
  ]

  @Test("Any value in any field gives a response or a named error, and never a server error", arguments: fields)
  func anyValue(field: String) async throws {
    let engine = CannedEngine.answering("x")
    for value in Self.values {
      for (path, base) in [
        ("/v1/completions", #""prompt":"x""#),
        ("/v1/chat/completions", #""messages":[{"role":"user","content":"x"}]"#),
      ] where !base.hasPrefix("\"\(field)\"") || !value.isEmpty {
        let others = base.hasPrefix("\"\(field)\"") ? "" : ",\(base)"
        let reply = try await engine.post(path, #"{"\#(field)":\#(value)\#(others)}"#)
        #expect(
          reply.status == 200 || reply.status == 400 || (reply.status == 404 && field == "model"),
          "\(path) \(field)=\(value): \(reply.status) \(reply.body)")
        guard reply.status == 400, reply.json["error"]["code"].text != "invalid_json" else { continue }
        #expect(reply.json["error"]["param"].text != nil, "\(path) \(field)=\(value): \(reply.body)")
      }
    }
  }

  @Test("A wrong type is rejected with the field's name and the expected type")
  func wrongTypes() async throws {
    let engine = CannedEngine.answering("x")
    for (body, parameter) in [
      (#"{"prompt":"x","max_tokens":"5"}"#, "max_tokens"),
      (#"{"prompt":"x","temperature":true}"#, "temperature"),
      (#"{"prompt":"x","stop":[1]}"#, "stop"), (#"{"prompt":"x","stream":"yes"}"#, "stream"),
      (#"{"prompt":"x","n":0}"#, "n"), (#"{"prompt":{}}"#, "prompt"), (#"{}"#, "prompt"),
      (#"{"prompt":"x","stream_options":{"include_usage":"no"}}"#, "stream_options.include_usage"),
      (#"{"prompt":"x","logprobs":21}"#, "logprobs"), (#"{"prompt":"x","group_size":0}"#, "group_size"),
      (#"{"prompt":[300]}"#, "prompt"), (#"{"prompt":"x","top_k":-2}"#, "top_k"),
    ] {
      let reply = try await engine.post("/v1/completions", body)
      #expect(reply.status == 400, "\(body)")
      #expect(reply.json["error"]["param"].text == parameter, "\(body): \(reply.body)")
    }
    for (messages, parameter) in [
      ("[]", "messages"), ("3", "messages"), (#"[{"content":"x"}]"#, "messages[0].role"),
      (#"[{"role":"user","content":"x"},{"role":"king","content":"x"}]"#, "messages[1].role"),
      (#"[{"role":"user"}]"#, "messages[0].content"),
      (#"[{"role":"user","content":5}]"#, "messages[0].content"),
      (#"[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]"#, "messages[0].content[0].type"),
    ] {
      let reply = try await engine.post("/v1/chat/completions", #"{"messages":\#(messages)}"#)
      #expect(reply.status == 400, "\(messages)")
      #expect(reply.json["error"]["param"].text == parameter, "\(messages): \(reply.body)")
    }
  }

  @Test("Too many or too long stop strings are rejected")
  func stopLimits() async throws {
    let engine = CannedEngine.answering("x")
    let many = (0..<17).map { "\"\($0)\"" }.joined(separator: ",")
    let long = String(repeating: "x", count: 257)
    for stop in ["[\(many)]", "\"\(long)\""] {
      let reply = try await engine.post("/v1/completions", #"{"prompt":"x","stop":\#(stop)}"#)
      #expect(reply.status == 400 && reply.json["error"]["param"].text == "stop")
    }
  }

  @Test("Bodies that are not the expected JSON are rejected, however deep or malformed")
  func brokenBodies() async throws {
    let engine = CannedEngine.answering("x")
    let deep = 100_000
    let bodies = [
      "", " ", "null", "[]", "3", "\"x\"", "{", "{\"prompt\":", "{\"prompt\":\"x\"}}", "{'prompt':'x'}",
      "\u{FEFF}",
      "{\"prompt\":\"x\",\"seed\":-}", "{\"prompt\":\"\\ud800\"}", String(repeating: "[", count: deep),
      #"{"prompt":"# + String(repeating: "[", count: deep) + String(repeating: "]", count: deep) + "}",
      #"{"prompt":"x","chat_template_kwargs":"# + String(repeating: #"{"a":"#, count: deep),
      #"{"prompt":"x","unknown":"# + String(repeating: "[", count: 400) + String(repeating: "]", count: 400)
        + "}",
      #"{"messages":[{"role":"user","content":"x"}],"chat_template_kwargs":{"a":"#
        + String(repeating: "[", count: 400) + String(repeating: "]", count: 400) + "}}",
    ]
    for body in bodies {
      for path in ["/v1/completions", "/v1/chat/completions"] {
        let reply = try await engine.post(path, body)
        #expect(reply.status == 400 || reply.status == 200, "\(path) \(body.prefix(40)): \(reply.status)")
        if reply.status == 400 { #expect(reply.json["error"]["message"].text != nil) }
      }
    }
  }
}
