import Core
import Testing

@testable import OpenAIAPI

/// DRY's fields, and biases of texts: what must be found in the vocabulary.
@Suite("Fields that name texts of the vocabulary", .timeLimit(.minutes(5)))
struct RepetitionFieldsTests {
  @Test("DRY's fields reach the engine with the tokens of their breakers; without a multiplier nothing does")
  func dry() async throws {
    let engine = CannedEngine.answering("x")
    let body = #"{"prompt":"x","dry_multiplier":0.8,"dry_allowed_length":3,"dry_penalty_last_n":64}"#
    _ = try await engine.post("/v1/completions", body)
    let dry = engine.requests.last?.sampling.dry
    #expect(dry?.multiplier == 0.8 && dry?.base == 1.75 && dry?.allowedLength == 3 && dry?.lookback == 64)
    #expect(dry?.breakers == ByteVocabulary.tokens(of: "\n\"*:").sorted() && dry?.breakerPhrases == [])
    for off in [#""dry_multiplier":0"#, #""dry_multiplier":1,"dry_penalty_last_n":0"#] {
      _ = try await engine.post("/v1/completions", #"{"prompt":"x",\#(off)}"#)
      #expect(engine.requests.last?.sampling.dry.isActive == false)
      #expect(engine.requests.last?.sampling.dry.breakers == [])
    }
  }

  @Test("A breaker of several tokens becomes phrases of them")
  func phrases() throws {
    let found = try DryBreakers().found(["ab", "c"], codec: ByteVocabulary.codec(), vocabularySize: 259)
    #expect(found.tokens == ByteVocabulary.tokens(of: "c"))
    #expect(found.phrases == [ByteVocabulary.tokens(of: "ab")])
  }

  @Test("Breakers are few and short texts")
  func refused() async throws {
    let engine = CannedEngine.answering("x")
    let long = String(repeating: "y", count: 41)
    for breakers in [#"[""]"#, "[1]", #"["\#(long)"]"#, #""x""#] {
      let reply = try await engine.post("/v1/completions", #"{"prompt":"x","dry_sequence_breakers":\#(breakers)}"#)
      #expect(reply.status == 400 && reply.json["error"]["param"].text == "dry_sequence_breakers", "\(breakers)")
    }
  }

  @Test("A bias of a text is one of each of its tokens, unless a token has its own")
  func biases() async throws {
    let engine = CannedEngine.answering("x")
    let (a, b) = (ByteVocabulary.tokens(of: "a")[0], ByteVocabulary.tokens(of: "b")[0])
    for bias in [#"[["ab",-5],[\#(b),1]]"#, #"{"ab":-5,"\#(b)":1}"#] {
      _ = try await engine.post("/v1/completions", #"{"prompt":"x","logit_bias":\#(bias)}"#)
      let biases = engine.requests.last?.sampling.logitBiases
      #expect(biases == [LogitBias(token: a, bias: -5), LogitBias(token: b, bias: 1)], "\(bias)")
    }
  }

  @Test("A thought that the template begins in spite of the request is closed at once")
  func closedThought() async throws {
    let template = "{{ messages[0].content }}|<think>"
    let engine = CannedEngine.answering("x")
    let server = OpenAIServer(
      engine: engine, codec: try ByteVocabulary.codec(template: template), settings: APISettings(),
      logger: engine.quietLogger)
    for (more, ending) in [("", "<think>"), (#","reasoning_effort":"none""#, "<think></think>")] {
      let body = #"{"messages":[{"role":"user","content":"x"}]\#(more)}"#
      let reply = try await server.reply(to: RawRequest(method: "POST", path: "/apply-template", body: body))
      #expect(reply.json["prompt"].text == "x|" + ending)
    }
  }

  @Test("The prompt's text and the count of its tokens come on request")
  func prompts() async throws {
    let engine = CannedEngine.answering("x")
    let chat = #""messages":[{"role":"user","content":"hi"}]"#
    let reply = try await engine.post("/v1/chat/completions", #"{\#(chat),"verbose":true}"#)
    #expect(reply.json["__verbose"]["prompt"].text == "<s>user:hi\nassistant:")
    #expect(try await engine.post("/v1/chat/completions", "{\(chat)}").json.has("__verbose") == false)
    let counted = try await engine.post("/chat/completions/input_tokens", "{\(chat)}")
    #expect(counted.json["input_tokens"] == .integer(19) && engine.requests.count == 2)
  }
}
