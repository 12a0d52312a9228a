import Core
import OpenAIAPI
import Testing

/// What lm-eval's `local-completions` model asks and how it reads the answers.
@Suite("Requests of evaluation programs", .timeLimit(.minutes(5)))
struct EvaluationRequestTests {
  /// As lm-eval sends a batch: arrays of ids, one new token that it does not want, the prompt's log-probabilities.
  private let body = """
    {"model":"org/canned","prompt":[[1,75,108],[1,100]],"temperature":0,"max_tokens":1,"logprobs":1,"seed":1234,
     "echo":true}
    """

  @Test("a scored prompt has a log-probability and the best alternative for every token but its first")
  func alternatives() async throws {
    let engine = CannedEngine.answering("!")
    let reply = try await engine.post("/v1/completions", body)
    #expect(reply.status == 200)
    #expect(engine.requests.allSatisfy { $0.topLogprobCount == 1 && $0.scoresPromptFrom == 1 })
    let first = reply.json["choices"][0]
    #expect(first["text"].text == "Hi!")
    let logprobs = first["logprobs"]
    #expect(logprobs["token_logprobs"] == .array([.null, .integer(-1), .integer(-2), .number(-0.5)]))
    #expect(logprobs["tokens"] == .array(["<s>", "H", "i", "!"].map { .string($0) }))
    #expect(logprobs["text_offset"] == .array([.integer(0), .integer(0), .integer(1), .integer(2)]))
    // The best alternative ("I" for "H") and the token itself; so greedy or not is read off the largest value.
    #expect(
      logprobs["top_logprobs"]
        == .array([
          .null, .object(["I": .number(-0.25), "H": .integer(-1)]), .object(["j": .number(-0.25), "i": .integer(-2)]),
          .object(["!": .number(-0.5)]),
        ]))
    #expect(reply.json["choices"][1]["logprobs"]["token_logprobs"] == .array([.null, .integer(-1), .number(-0.5)]))
  }

  @Test("an end token sampled after a scored prompt is reported like any other, since its report is cut off")
  func endTokenIsReported() async throws {
    let engine = CannedEngine { request, events in
      events.yield(.admitted(try CannedEngine.choice(request)))
      events.yield(.promptLogprobs(first: 1, values: [-1], top: [[TokenLogprob(token: 75, logprob: -1)]]))
      if !request.stopTokens.contains(2) { events.yield(.token(2, logprob: -0.125, top: [])) }
      events.yield(.finished(.length, GenerationTimings()))
      events.finish()
    }
    let reply = try await engine.post(
      "/v1/completions", #"{"prompt":[1,75],"max_tokens":1,"logprobs":1,"echo":true}"#)
    let choice = reply.json["choices"][0]
    #expect(choice["text"].text == "H")
    #expect(choice["logprobs"]["token_logprobs"] == .array([.null, .integer(-1), .number(-0.125)]))
    // Without the prompt's repetition nothing is measured: end tokens end.
    _ = try await engine.post("/v1/completions", #"{"prompt":[1,75],"max_tokens":1,"logprobs":1}"#)
    #expect(engine.requests.map { $0.stopTokens.contains(2) } == [false, true])
  }

  @Test("without requested alternatives, a scored prompt has its own tokens alone")
  func noAlternatives() async throws {
    let engine = CannedEngine.answering("")
    let reply = try await engine.post(
      "/v1/completions", #"{"prompt":[1,75],"max_tokens":0,"logprobs":0,"echo":true}"#)
    let top = reply.json["choices"][0]["logprobs"]["top_logprobs"]
    #expect(top == .array([.null, .object(["H": .integer(-1)])]))
  }

  @Test("the tokenizer routes return ids with and without the begin token, text of ids, and special tokens")
  func tokenizer() async throws {
    let engine = CannedEngine.answering("")
    let plain = try await engine.post("/tokenize", #"{"prompt":"Hi","add_special_tokens":false}"#)
    #expect(plain.body == #"{"count":2,"max_model_len":512,"tokens":[75,108]}"#)
    let whole = try await engine.post("/v1/tokenize", #"{"prompt":"Hi"}"#)
    #expect(whole.json["tokens"] == .array([.integer(1), .integer(75), .integer(108)]))
    let end = try await engine.post("/tokenize", #"{"prompt":"</s>","add_special_tokens":false}"#)
    #expect(end.json["tokens"] == .array([.integer(2)]))
    let text = try await engine.post("/detokenize", #"{"tokens":[1,75,108]}"#)
    #expect(text.body == #"{"content":"Hi","prompt":"Hi"}"#)
    let info = try await engine.get("/tokenizer_info")
    #expect(info.json["bos_token"].text == "<s>")
    #expect(info.json["eos_token"].text == "</s>")
    #expect(info.json["chat_template"].text?.contains("bos_token") == true)
  }

  /// Of single bytes, and with the blank that SentencePiece puts before a text.
  static let prefixes = [false, true]

  private func ids(_ text: String, _ codec: ModelTextCodec, _ fields: String = "") async throws -> String {
    let reply = try await CannedEngine.answering("").post(
      "/tokenize", #"{"prompt":"\#(text)"\#(fields)}"#, codec: codec)
    guard case .array(let tokens) = reply.json["tokens"] else { return "none" }
    return "[" + tokens.map { if case .integer(let id) = $0 { "\(id)" } else { "?" } }.joined(separator: ",") + "]"
  }

  @Test(
    "what was tokenized is detokenized as the same text",
    arguments: ["Hi", "</s>", "é😀", "", " a", "  a ", "a b", "</s> a", " "], prefixes)
  func roundTrip(text: String, addsSpacePrefix: Bool) async throws {
    let engine = CannedEngine.answering("")
    let codec = try ByteVocabulary.codec(hasBlank: true, addsSpacePrefix: addsSpacePrefix)
    for fields in ["", #","add_special_tokens":false"#] {
      let tokens = try await ids(text, codec, fields)
      let back = try await engine.post("/detokenize", #"{"tokens":\#(tokens)}"#, codec: codec)
      #expect(back.json["prompt"].text == text, "\(fields) \(tokens)")
    }
  }

  @Test("special tokens are spelled out or left out, as the client says", arguments: prefixes)
  func specialTokens(addsSpacePrefix: Bool) async throws {
    let engine = CannedEngine.answering("")
    let codec = try ByteVocabulary.codec(hasBlank: true, addsSpacePrefix: addsSpacePrefix)
    let tokens = try await ids("a</s>b", codec)
    // SentencePiece's blank comes before the text after a special token, too, where it is not left out again.
    let blank = addsSpacePrefix ? " " : ""
    for (isSkipped, text) in [(false, "<s>a</s>\(blank)b"), (true, "a\(blank)b")] {
      let reply = try await engine.post(
        "/detokenize", #"{"tokens":\#(tokens),"skip_special_tokens":\#(isSkipped)}"#, codec: codec)
      #expect(reply.json["content"].text == text)
    }
  }

  @Test("a prompt that an answer shows is as the model reads it, with the blank before the text", arguments: prefixes)
  func shownPrompt(addsSpacePrefix: Bool) async throws {
    let codec = try ByteVocabulary.codec(hasBlank: true, addsSpacePrefix: addsSpacePrefix)
    let reply = try await CannedEngine.answering("x").post("/completion", #"{"prompt":"a"}"#, codec: codec)
    #expect(reply.json["prompt"].text == (addsSpacePrefix ? "<s> a" : "<s>a"))
  }

  @Test("a prompt is echoed as the same text, as text and as ids", arguments: ["Hi", "é😀", " a", "  a ", ""], prefixes)
  func echo(text: String, addsSpacePrefix: Bool) async throws {
    let engine = CannedEngine.answering("!")
    let codec = try ByteVocabulary.codec(hasBlank: true, addsSpacePrefix: addsSpacePrefix)
    for prompt in ["\"\(text)\"", try await ids(text, codec)] {
      let reply = try await engine.post(
        "/v1/completions", #"{"prompt":\#(prompt),"echo":true,"max_tokens":1}"#, codec: codec)
      #expect(reply.json["choices"][0]["text"].text == text + "!", "\(prompt)")
    }
  }

  @Test("llama-server's forms: content has no begin token, pieces come with ids, chats are rendered")
  func otherForms() async throws {
    let engine = CannedEngine.answering("")
    let content = try await engine.post("/tokenize", #"{"content":"é","with_pieces":true}"#)
    let first = content.json["tokens"][0]
    #expect(first["id"] == .integer(0xC3 + 3) && first["piece"] == .array([.integer(0xC3)]))
    #expect(try await engine.post("/tokenize", #"{"content":"a","add_special":true}"#).json["tokens"].count == 2)
    #expect(
      try await engine.post("/tokenize", #"{"content":"</s>","parse_special":false}"#).json["count"] == .integer(4))
    let chat = #""messages":[{"role":"user","content":"a"}]"#
    #expect(try await engine.post("/tokenize", "{\(chat)}").json["count"] == .integer(18))
    let text = try await engine.post("/apply-template", "{\(chat)}")
    #expect(text.json["prompt"].text == "<s>user:a\nassistant:")
  }

  @Test(
    "token requests that make no sense are refused with the field's name",
    arguments: [
      ("/tokenize", "{}", "prompt"), ("/tokenize", #"{"prompt":3}"#, "prompt"), ("/detokenize", "{}", "tokens"),
      ("/detokenize", #"{"tokens":[9999]}"#, "tokens"), ("/detokenize", #"{"tokens":[-1]}"#, "tokens"),
      ("/detokenize", #"{"tokens":"a"}"#, "tokens"),
    ])
  func refusals(path: String, body: String, field: String) async throws {
    let reply = try await CannedEngine.answering("").post(path, body)
    #expect(reply.status == 400)
    #expect(reply.json["error"]["param"].text == field)
  }
}
